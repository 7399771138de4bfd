import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFakeKernel, type FakeKernel } from '../../helpers/fake-kernel.ts';
import { bootState } from '../../helpers/fake-state.ts';
import { check, oursOf } from './check.ts';
import { makeRouter, type Router, runNow, take } from './router.ts';
import { flush, look, run } from './run.ts';
import { steps } from './steps.ts';
import { type World, worlds } from './world.ts';

const boot = (world: World, lacking: readonly string[] = []): Router =>
  makeRouter(world, createFakeKernel({ ...bootState(), lacking: new Set(lacking) }));

/** What one apply makes of the same links and memory with nothing of ours there. */
const freshly = ({ kernel, world: { config }, memory }: Router): FakeKernel => {
  const fresh = kernel.copy();
  // A gateway that is known from our own table alone is what an earlier run learned, not what a fresh one could.
  for (const { uplink, nexthop, gatewaySource } of look(kernel, config, memory).states)
    if (gatewaySource === 'kept') fresh.state.leases.set(uplink.device, nexthop?.gateway ?? '');
  run(fresh, config, flush(fresh, config, memory));
  return fresh;
};

test('any events in any order end in the same kernel state as one fresh apply', () => {
  check(
    fc.property(worlds(), steps(), (world, list) => {
      const router = boot(world);
      take(router, list);
      runNow(router);
      assert.deepEqual(oursOf(router.kernel, world.config), oursOf(freshly(router), world.config));
    }),
    400,
  );
});

test('a second run finds nothing to do', () => {
  check(
    fc.property(worlds(), steps(), fc.subarray(['prio', 'sfq', 'tbf', 'cake']), (world, list, lacking) => {
      const router = boot(world, lacking);
      take(router, list);
      runNow(router);
      assert.deepEqual(look(router.kernel, world.config, router.memory).plan.changes, []);
    }),
    400,
  );
});

test('whatever change the kernel refuses, the next run converges', () => {
  check(
    fc.property(worlds(), steps(), fc.array(fc.nat(60), { maxLength: 6 }), (world, list, refused) => {
      const router = boot(world);
      take(router, list);
      for (const after of refused) router.kernel.failNext(after);
      runNow(router);
      // Several further runs use up refusals that were not reached.
      for (let count = 0; count < 10; count++) runNow(router);
      assert.deepEqual(look(router.kernel, world.config, router.memory).plan.changes, []);
      assert.deepEqual(oursOf(router.kernel, world.config), oursOf(freshly(router), world.config));
    }),
    200,
  );
});

test('another configuration, or another order of its uplinks, leaves nothing of the one before', () => {
  check(
    fc.property(worlds(), worlds(), steps(12), steps(8), (world, earlier, one, two) => {
      const router = boot(world);
      take(router, one);
      router.memory = run(router.kernel, earlier.config, router.memory, router.spool);
      take(router, two);
      runNow(router);
      assert.deepEqual(oursOf(router.kernel, world.config), oursOf(freshly(router), world.config));
      assert.deepEqual(look(router.kernel, world.config, router.memory).plan.changes, []);
    }),
    300,
  );
});
