/**
 * A stateful stand-in for the kernel, for tests of the pure core: it takes the same changes that a plan holds and
 * answers as Linux does. That it is no fiction is shown by test/netns/fake-kernel.test.ts.
 */
import { parseIpv4 } from '../../src/ipv4.ts';
import { sysctlKey } from '../../src/kernel/sysctl.ts';
import type { Change, Failure, Observed, Route } from '../../src/model.ts';
import { deleteQdisc, replaceQdisc } from './fake-qdiscs.ts';
import { deleteRoute, writeRoute } from './fake-routes.ts';
import { addRule, deleteRule } from './fake-rules.ts';
import { changeRuleset, tableOf } from './fake-ruleset.ts';
import { bootState, copyState, type FakeState } from './fake-state.ts';

export interface FakeKernel {
  readonly state: FakeState;
  /** Makes one change; the cause if it is refused. */
  readonly applyOne: (change: Change) => string | undefined;
  /** Makes changes as src/system/apply.ts does: all of them, whatever fails; what is gone already is no failure. */
  readonly apply: (changes: readonly Change[]) => Failure[];
  /** The change after this many is refused, whatever it is; called again, so is one more. */
  readonly failNext: (after: number) => void;
  readonly observe: () => Observed;
  readonly copy: () => FakeKernel;
}

/** A kernel with this state, by default one that has just booted. */
export const createFakeKernel = (state: FakeState = bootState()): FakeKernel => {
  const pending: number[] = [];
  const isInjected = (): boolean => {
    const now = pending.indexOf(0);
    for (const [index, left] of pending.entries()) pending[index] = left - 1;
    if (now >= 0) pending.splice(now, 1);
    return now >= 0;
  };
  const applyOne = (change: Change): string | undefined =>
    isInjected() ? 'injected failure' : make(state, change);
  return {
    state,
    applyOne,
    apply: (changes) =>
      changes.flatMap((change): Failure[] => {
        const cause = applyOne(change);
        const gone = change.op === 'delete' && cause !== undefined && GONE.includes(cause);
        return cause === undefined || gone ? [] : [{ change, cause }];
      }),
    failNext: (after) => {
      pending.push(after);
    },
    observe: () => ({
      links: [...state.links.values()].map((link) => ({ ...link, carrier: link.up && link.carrier })),
      routes: asDumped(state),
      rules: [...state.rules],
      qdiscs: [...state.qdiscs],
      nft: tableOf(state),
      sysctls: [...state.sysctls.values()],
      verdicts: new Map(state.verdicts),
      // Of the address that the link has now: stale ones are a matter of golden cases.
      leases: new Map(
        [...state.leases].map(([device, router]) => {
          const addresses = state.links.get(device)?.addresses ?? [];
          return [device, addresses.map(({ address }) => ({ address, router }))];
        }),
      ),
    }),
    copy: () => createFakeKernel(copyState(state)),
  };
};

/** `ip route show` walks a trie: by table and prefix, the longer of two first, then by metric. */
const asDumped = (state: FakeState): Route[] =>
  state.routes
    .map((route) => ({ route, key: dumpKey(route) }))
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ route }) => asRead(state, route));

/** Of a device that is up, a dead nexthop looks like one without carrier, and is read so (parseRoutes). */
const asRead = ({ links }: FakeState, route: Route): Route =>
  route.nexthops.some(({ dead }) => dead)
    ? {
        ...route,
        nexthops: route.nexthops.map((nexthop) => ({
          ...nexthop,
          dead: nexthop.dead && links.get(nexthop.device ?? '')?.up !== true,
        })),
      }
    : route;

const dumpKey = ({ table, destination, metric }: Route): string => {
  const [prefix = '', length = '32'] = destination === 'default' ? ['0.0.0.0', '0'] : destination.split('/');
  return [table, parseIpv4(prefix) ?? 0, 32 - Number(length), metric]
    .map((part) => String(part).padStart(10, '0'))
    .join(' ');
};

const GONE = ['No such process', 'No such file or directory', 'Cannot find device'];

const make = (state: FakeState, change: Change): string | undefined => {
  switch (change.kind) {
    case 'sysctl':
      if (!state.sysctls.has(sysctlKey(change.sysctl))) return 'ENOENT: no such file or directory';
      state.sysctls.set(sysctlKey(change.sysctl), change.sysctl);
      return undefined;
    case 'route':
      return change.op === 'delete'
        ? deleteRoute(state, change.route)
        : writeRoute(state, change.op, change.route);
    case 'rule':
      return change.op === 'delete' ? deleteRule(state, change.rule) : addRule(state, change.rule);
    case 'qdisc':
      return change.op === 'delete' ? deleteQdisc(state, change.qdisc) : replaceQdisc(state, change.qdisc);
    case 'nft':
      return changeRuleset(state, change);
  }
};
