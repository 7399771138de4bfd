import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { holdsConnections } from '../../../src/desired/uplinks.ts';
import type { UplinkState } from '../../../src/model.ts';
import { renderCommand } from '../../../src/plan/batch.ts';
import { carries } from '../../../src/report/shares.ts';
import { createFakeKernel } from '../../helpers/fake-kernel.ts';
import { lookupRules, lookupTable } from '../../helpers/fake-lookup.ts';
import { check, tablesWithWay } from './check.ts';
import { changeLink, makeRouter, type Router, runNow, take } from './router.ts';
import { look, type Watch } from './run.ts';
import { type LinkStep, linkSteps, type Step, steps, verdictSteps } from './steps.ts';
import { deviceOf, type World, worlds } from './world.ts';

/** A packet to somewhere that only a default leads to. */
const ANYWHERE = { destination: '203.0.113.9' };

const boot = (world: World): Router => makeRouter(world, createFakeKernel());

/** A round of the monitor at the end, or health would seldom matter. */
const findings = (): fc.Arbitrary<Step[]> => fc.array(verdictSteps(), { maxLength: 8 });

/** Remembers which tables have a way out at every moment of a plan, and judges when the plan is over. */
const watchGaps = ({ kernel, world: { config } }: Router): Watch => {
  let moments: { readonly after: string; readonly tables: readonly number[] }[] = [];
  return (change, { plan }) => {
    const moment = { tables: tablesWithWay(kernel, config) };
    if (change === undefined) moments = [];
    moments.push({ after: change === undefined ? 'the start' : renderCommand(change), ...moment });
    if (moments.length <= plan.changes.length) return;
    const last = moment.tables;
    const lasting = (moments[0]?.tables ?? []).filter((table) => last.includes(table));
    for (const { after, tables } of moments)
      for (const table of lasting)
        assert.ok(tables.includes(table), `table ${table} has no way out after ${after}`);
  };
};

test('a table that has a way out before and after a plan never lacks one in between', () => {
  check(
    fc.property(worlds(), steps(), (world, list) => {
      const router = boot(world);
      take(router, list, watchGaps(router));
      runNow(router, watchGaps(router));
    }),
    400,
  );
});

test('while any uplink carries traffic there is a way out, and one that does not leads to the others', () => {
  check(
    fc.property(worlds(), steps(), (world, list) => {
      const router = boot(world);
      take(router, list);
      runNow(router);
      const { states } = look(router.kernel, world.config, router.memory);
      const { tableBase } = world.config.settings;
      const ways = tablesWithWay(router.kernel, world.config);
      const carriers = states.filter(carries).map(({ uplink }) => uplink.device);
      const works = carriers.length > 0;
      assert.equal(ways.includes(tableBase), works);
      for (const state of states) {
        const { uplink, use, link } = state;
        const holds = holdsConnections(state);
        if ((holds && link?.carrier !== true) || (use === 'dead' && !works)) continue;
        assert.equal(ways.includes(tableBase + uplink.id), works || holds, uplink.name);
        const { device } = lookupTable(router.kernel.state, tableBase + uplink.id, ANYWHERE) ?? {};
        // A dead one leads to the others; a working one, and one that is draining, to itself.
        if (works || holds) assert.equal(device === uplink.device, holds, uplink.name);
      }
      const { device = '' } = lookupRules(router.kernel.state, ANYWHERE) ?? {};
      if (works) assert.ok(carriers.includes(device), device);
    }),
    400,
  );
});

test('health checks alone never take the last way out, unless they are told to', () => {
  check(
    fc.property(worlds(), steps(), findings(), (drawn, list, found) => {
      const settings = { ...drawn.config.settings, allDead: 'keep' as const };
      const world = { ...drawn, config: { ...drawn.config, settings } };
      const router = boot(world);
      take(router, [...list, ...found]);
      runNow(router);
      const { states } = look(router.kernel, world.config, router.memory);
      const isReady = states.some(
        ({ status, link }) => ['up', 'degraded', 'dead'].includes(status) && link?.carrier === true,
      );
      assert.equal(tablesWithWay(router.kernel, world.config).includes(settings.tableBase), isReady);
    }),
    400,
  );
});

test('no uplink that is there drops what comes back another way', () => {
  check(
    fc.property(worlds(), steps(), fc.constantFrom(0, 1, 2), (world, list, all) => {
      const router = boot(world);
      const { sysctls } = router.kernel.state;
      sysctls.set('all rp_filter', { device: 'all', key: 'rp_filter', value: all });
      take(router, list);
      runNow(router);
      for (const { device } of router.kernel.state.links.values())
        if (device !== 'lan0')
          assert.notEqual(Math.max(all, sysctls.get(`${device} rp_filter`)?.value ?? 0), 1, device);
    }),
    200,
  );
});

test('new connections use the best tier that carries traffic, and of it the uplinks that are not deferred', () => {
  check(
    fc.property(worlds(), steps(), findings(), (world, list, found) => {
      const router = boot(world);
      take(router, [...list, ...found]);
      runNow(router);
      const carriers = look(router.kernel, world.config, router.memory).states.filter(carries);
      const way = lookupTable(router.kernel.state, world.config.settings.tableBase, ANYWHERE);
      const taken = carriers.find(({ uplink }) => uplink.device === way?.device);
      const best = [...carriers].sort((a, b) => rankOf(a) - rankOf(b))[0];
      assert.equal(taken === undefined ? 0 : rankOf(taken), best === undefined ? 0 : rankOf(best));
    }),
    300,
  );
});

/** Tier by tier, and in each of them the deferred last. */
const rankOf = ({ uplink, deferred }: UplinkState): number => 2 * uplink.tier + (deferred === true ? 1 : 0);

/** What makes a link no longer the one that the last run saw. */
const BREAKS: readonly LinkStep['happens'][] = ['destroy', 'down', 'no-address'];

test('with no hook at all, the kernel finds the uplinks that still work', () => {
  check(
    fc.property(worlds(), steps(), fc.array(linkSteps(), { maxLength: 12 }), (world, list, changes) => {
      const router = boot(world);
      take(router, list);
      runNow(router);
      const before = look(router.kernel, world.config, router.memory).states;
      const broken = new Set<string>();
      for (const step of changes) {
        changeLink(router, step);
        if (BREAKS.includes(step.happens)) broken.add(deviceOf(step.at % world.config.uplinks.length));
      }
      const still = before.some(
        ({ use, uplink: { device } }) =>
          use === 'working' && !broken.has(device) && router.kernel.state.links.get(device)?.carrier === true,
      );
      const ways = tablesWithWay(router.kernel, world.config);
      if (still) assert.ok(ways.includes(world.config.settings.tableBase), 'the balance table is empty');
    }),
    400,
  );
});

test('in failover mode the kernel itself goes to the next uplink by tier, deferral and id, and back', () => {
  check(
    fc.property(worlds(), steps(), fc.array(linkSteps(), { maxLength: 12 }), (drawn, list, changes) => {
      const settings = { ...drawn.config.settings, balance: 'failover' as const };
      const world = { ...drawn, config: { ...drawn.config, settings } };
      const router = boot(world);
      take(router, list);
      runNow(router);
      const order = look(router.kernel, world.config, router.memory)
        .states.filter(({ use }) => use === 'working')
        .map(({ uplink }) => uplink)
        .sort((a, b) => a.tier - b.tier || a.id - b.id);
      const broken = new Set<string>();
      for (const step of changes) {
        changeLink(router, step);
        if (BREAKS.includes(step.happens)) broken.add(deviceOf(step.at % world.config.uplinks.length));
        const { state } = router.kernel;
        const withCarrier = order.filter(({ device }) => state.links.get(device)?.carrier === true);
        // What took an address away that was not there has broken nothing.
        const sure = withCarrier.findIndex(({ device }) => !broken.has(device));
        const found = lookupTable(state, settings.tableBase, ANYWHERE);
        if (sure >= 0)
          assert.ok(withCarrier.slice(0, sure + 1).some(({ device }) => device === found?.device));
      }
    }),
    200,
  );
});
