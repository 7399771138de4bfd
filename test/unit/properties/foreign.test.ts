import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Change, Config } from '../../../src/model.ts';
import { createFakeKernel, type FakeKernel } from '../../helpers/fake-kernel.ts';
import { check, foreignOf, oursOf } from './check.ts';
import { OURS, type Planted, PROTOCOLS, planted } from './planted.ts';
import { changeLink, makeRouter, type Router, runNow, take } from './router.ts';
import { flush, look, run, type Watch } from './run.ts';
import { linkSteps, steps } from './steps.ts';
import { type World, worlds } from './world.ts';

/** What the kernel refuses is simply not there then. */
const plant = (
  { kernel }: Router,
  { routes: someRoutes, rules: someRules, qdiscs: someQdiscs }: Planted,
): void => {
  const add = (change: Change): unknown => kernel.applyOne(change);
  for (const route of someRoutes) add({ kind: 'route', op: 'add', route });
  for (const rule of someRules) add({ kind: 'rule', op: 'add', rule });
  for (const qdisc of someQdiscs)
    if (!kernel.state.qdiscs.some(({ device, parent }) => device === qdisc.device && parent === qdisc.parent))
      add({ kind: 'qdisc', op: 'replace', qdisc });
};

/** Fails as soon as a single change touches anything that is not ours; looks afresh when a plan begins. */
const guard = (kernel: FakeKernel, config: Config): Watch => {
  let before = '';
  return (change) => {
    const now = foreignOf(kernel, config);
    if (change !== undefined)
      assert.equal(now, before, `${JSON.stringify(change)} touched something foreign`);
    before = now;
  };
};

const assertOurs = (change: Change): void => {
  if (change.kind === 'route') {
    assert.equal(change.route.protocol, OURS);
    assert.ok(![0, 253, 254, 255].includes(change.route.table));
  }
  if (change.kind === 'rule') assert.equal(change.rule.protocol, OURS);
};

const draws = (protocols: readonly number[]): fc.Arbitrary<{ world: World; things: Planted }> =>
  worlds()
    .map((world): World => ({ ...world, config: withoutReplace(world.config) }))
    .chain((world) => planted(world.config, protocols).map((things) => ({ world, things })));

const withoutReplace = (config: Config): Config => ({
  ...config,
  settings: { ...config.settings, qdiscReplace: false },
});

/** A router that has had a life before somebody else came. */
const lived = (world: World, list: Parameters<typeof take>[1], things: Planted, later: boolean): Router => {
  const router = makeRouter(world, createFakeKernel());
  if (!later) plant(router, things);
  take(router, list);
  if (later) plant(router, things);
  return router;
};

test('nothing that is not ours is ever in a plan or touched by one, also by flush', () => {
  check(
    fc.property(
      draws(PROTOCOLS),
      steps(15),
      steps(15),
      fc.boolean(),
      ({ world, things }, one, two, later) => {
        const router = lived(world, one, things, later);
        const { kernel } = router;
        const touched = guard(kernel, world.config);
        take(router, two, (change, planned) => {
          for (const each of planned.plan.changes) assertOurs(each);
          touched(change, planned);
        });
        runNow(router, guard(kernel, world.config));
        const before = foreignOf(kernel, world.config);
        flush(kernel, world.config, router.memory);
        assert.equal(foreignOf(kernel, world.config), before);
      },
    ),
    600,
  );
});

test('with somebody else in our ranges, a second run still finds nothing to do', () => {
  check(
    fc.property(draws(PROTOCOLS), steps(15), fc.boolean(), ({ world, things }, list, later) => {
      const router = lived(world, list, things, later);
      runNow(router);
      assert.deepEqual(look(router.kernel, world.config, router.memory).plan.changes, []);
    }),
    400,
  );
});

test('whatever of ours an older configuration left is gone or right after one run', () => {
  check(
    fc.property(draws([OURS]), steps(15), ({ world, things }, list) => {
      const router = lived(world, list, things, true);
      runNow(router);
      assert.deepEqual(look(router.kernel, world.config, router.memory).plan.changes, []);
      const fresh = router.kernel.copy();
      for (const { uplink, nexthop, gatewaySource } of look(fresh, world.config, router.memory).states)
        if (gatewaySource === 'kept') fresh.state.leases.set(uplink.device, nexthop?.gateway ?? '');
      run(fresh, world.config, flush(fresh, world.config, router.memory));
      assert.deepEqual(oursOf(router.kernel, world.config), oursOf(fresh, world.config));
    }),
    400,
  );
});

test('flush leaves nothing of ours and every sysctl as it was', () => {
  check(
    fc.property(worlds(), steps(), fc.array(linkSteps(), { maxLength: 5 }), (world, list, changes) => {
      const router = makeRouter(world, createFakeKernel());
      take(router, list);
      for (const change of changes) changeLink(router, change);
      flush(router.kernel, world.config, router.memory);
      const { state } = router.kernel;
      assert.deepEqual(
        state.routes.filter(({ protocol }) => protocol === OURS),
        [],
      );
      assert.deepEqual(
        state.rules.filter(({ protocol }) => protocol === OURS),
        [],
      );
      assert.deepEqual(state.qdiscs, []);
      assert.equal(state.ruleset, undefined);
      for (const { device, key, value } of state.sysctls.values())
        if (key === 'ignore_routes_with_linkdown') assert.equal(value, 0, device);
        else assert.ok(value === 0 || value === 1, `${device} ${value}`);
    }),
    400,
  );
});
