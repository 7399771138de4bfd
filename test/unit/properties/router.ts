/** How steps happen to a router on the fake kernel. */
import type { LineHealth, LinkEvent, Memory, Word } from '../../../src/model.ts';
import type { FakeKernel } from '../../helpers/fake-kernel.ts';
import {
  addAddress,
  createLink,
  deleteAddress,
  destroyLink,
  setCarrier,
  setDown,
  setUp,
} from '../../helpers/fake-links.ts';
import { writeRoute } from '../../helpers/fake-routes.ts';
import { NO_MEMORY } from '../../helpers/samples.ts';
import { changeMain, mainDefault } from './main-routes.ts';
import { run, type Watch } from './run.ts';
import type { LinkStep, Step } from './steps.ts';
import { addressOf, deviceOf, gatewayOf, isNoArp, type World } from './world.ts';

/** A router in the course of its story. */
export interface Router {
  readonly kernel: FakeKernel;
  readonly world: World;
  memory: Memory;
  spool: LinkEvent[];
}

/** A router on which nothing of ours has run yet, its LAN and most uplinks up. */
export const makeRouter = (world: World, kernel: FakeKernel): Router => {
  createLink(kernel.state, { device: 'lan0' });
  addAddress(kernel.state, 'lan0', { family: 4, address: '192.168.1.1', prefixLength: 24 });
  setUp(kernel.state, 'lan0');
  const router = { kernel, world, memory: NO_MEMORY, spool: [] };
  for (const [at, up] of world.dialled.entries())
    if (up) changeLink(router, { happens: 'dial', at, variant: 0 });
  return router;
};

/** Lets all of it happen, in order. */
export const take = (router: Router, list: readonly Step[], watch?: Watch): void => {
  for (const step of list) {
    if (step.happens === 'run') runNow(router, watch);
    else if (step.happens === 'flush-ruleset') router.kernel.state.ruleset = undefined;
    else if (step.happens === 'event') {
      const event = eventOf(router, step);
      for (let count = 0; count < step.times; count++) router.spool.push(event);
    } else if (step.happens === 'verdict') judge(router, step.at, step.health, step.since);
    else if (step.happens === 'word') say(router, step.at, step.word);
    else changeLink(router, step);
  }
};

/** A run that applies what is spooled. */
export const runNow = (router: Router, watch?: Watch): void => {
  const events = router.spool;
  router.spool = [];
  router.memory = run(router.kernel, router.world.config, router.memory, events, watch);
};

const positionOf = ({ world }: Router, at: number): number => at % world.config.uplinks.length;

/** The monitor's word about an uplink's link as it is now; it may be of another time when it is read. */
const judge = (router: Router, at: number, health: LineHealth | 'none', since: number): void => {
  const { kernel, world } = router;
  const uplink = world.config.uplinks[positionOf(router, at)];
  const link = kernel.state.links.get(uplink?.device ?? '');
  if (uplink === undefined || link === undefined) return;
  if (health === 'none') kernel.state.verdicts.delete(uplink.id);
  else
    kernel.state.verdicts.set(uplink.id, {
      id: uplink.id,
      device: link.device,
      index: link.index,
      health,
      reason: health,
      since,
      flaps: 0,
      loss: null,
      rtt: null,
      jitter: null,
      targets: [],
    });
};

/** An operator's word about an uplink; the run that the command makes is a step of its own. */
const say = (router: Router, at: number, said: Word | 'none'): void => {
  const uplink = router.world.config.uplinks[positionOf(router, at)];
  if (uplink === undefined) return;
  const { memory } = router;
  const { word: _before, ...rest } = memory.uplinks[uplink.id] ?? { device: uplink.device };
  const after = said === 'none' ? rest : { ...rest, word: said };
  router.memory = { ...memory, uplinks: { ...memory.uplinks, [uplink.id]: after } };
};

/** One link change, on the kernel alone. */
export const changeLink = (router: Router, { at, variant, happens }: LinkStep): void => {
  const { state } = router.kernel;
  const position = positionOf(router, at);
  const sort = router.world.sorts[position] ?? 'ppp';
  const device = deviceOf(position);
  const address = addressOf(sort, position, variant);
  switch (happens) {
    case 'dial':
      createLink(state, { device, noArp: isNoArp(sort), rpFilter: variant });
      setCarrier(state, device, true);
      addAddress(state, device, address);
      setUp(state, device);
      if (sort === 'dhcp') writeRoute(state, 'add', mainDefault(position, variant));
      if (sort === 'lease') state.leases.set(device, gatewayOf(position, variant));
      return;
    case 'destroy':
      destroyLink(state, device);
      return;
    case 'up':
      setUp(state, device);
      return;
    case 'down':
      setDown(state, device);
      return;
    case 'carrier':
    case 'no-carrier':
      setCarrier(state, device, happens === 'carrier');
      return;
    case 'address':
      addAddress(state, device, address);
      return;
    case 'no-address':
      deleteAddress(state, device, address);
      return;
    default:
      changeMain(state, position, variant, happens);
      return;
  }
};

const eventOf = (router: Router, step: Step & { happens: 'event' }): LinkEvent => {
  const position = positionOf(router, step.at);
  const sort = router.world.sorts[position] ?? 'ppp';
  const device = deviceOf(position);
  const index = router.kernel.state.links.get(device)?.index ?? 0;
  const indexes = { now: { index }, old: { index: Math.max(0, index - 1) }, gone: { index: 0 }, none: {} };
  return {
    source: isNoArp(sort) ? 'pppd' : 'ifupdown',
    phase: step.phase,
    device,
    ...indexes[step.index],
    ...(step.tells === 'nothing' ? {} : { address: addressOf(sort, position, step.variant).address }),
    ...(sort === 'event' && step.phase === 'up' ? { gateway: gatewayOf(position, step.variant) } : {}),
    ...(isNoArp(sort) && step.pppd > 0 ? { pppd: 1000 + step.pppd } : {}),
  };
};
