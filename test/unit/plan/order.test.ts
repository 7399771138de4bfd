import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../../src/model.ts';
import { renderCommand } from '../../../src/plan/batch.ts';
import { orderChanges } from '../../../src/plan/order.ts';
import { sampleConfig, samplePolicy, sampleRoute, sampleRule } from '../../helpers/samples.ts';

const QDISC = { device: 'eth1', parent: 'root', handle: '77:', kind: 'prio', options: {} };

/** In the order in which they must be made. */
const ORDERED: readonly Change[] = [
  { kind: 'sysctl', op: 'write', sysctl: { device: 'eth1', key: 'rp_filter', value: 2 } },
  { kind: 'route', op: 'add', route: sampleRoute({ table: 7702 }) },
  { kind: 'route', op: 'replace', route: sampleRoute({ table: 7700, metric: 10 }) },
  { kind: 'route', op: 'add', route: sampleRoute({ metric: 1002 }) },
  { kind: 'rule', op: 'add', rule: sampleRule() },
  { kind: 'rule', op: 'delete', rule: sampleRule({ priority: 20302 }) },
  { kind: 'route', op: 'delete', route: sampleRoute({ table: 7700, metric: 1001 }) },
  { kind: 'route', op: 'delete', route: sampleRoute() },
  { kind: 'nft', op: 'update', lines: [] },
  { kind: 'qdisc', op: 'replace', qdisc: QDISC },
];

test('whatever order changes come in, make comes before break, then the ruleset, then qdiscs', async () => {
  const config = await sampleConfig('id = 1\nname = "cable"\ndevice = "eth1"');
  const expected = ORDERED.map(renderCommand);
  assert.deepEqual(orderChanges([...ORDERED].reverse(), config).map(renderCommand), expected);
  assert.deepEqual(orderChanges(ORDERED, config).map(renderCommand), expected);
});

test('transactions stay in the order of their plan', async () => {
  const config = await sampleConfig('id = 1\nname = "cable"\ndevice = "eth1"');
  const ops = ['prepare', 'load', 'clean'] as const;
  const plan = ops.map((op): Change => ({ kind: 'nft', op, lines: [] }));
  assert.deepEqual(orderChanges(plan, config), plan);
});

test('where a policy promises to refuse, a new ruleset comes before any way out', async () => {
  const config = await sampleConfig('id = 1\nname = "cable"\ndevice = "eth1"');
  const strict = { ...config, policies: [samplePolicy({ use: [[1]], else: 'reject' })] };
  const ops = ['prepare', 'load', 'clean', 'update'] as const;
  const plan = ops.map((op): Change => ({ kind: 'nft', op, lines: [] }));
  const add: Change = { kind: 'route', op: 'add', route: sampleRoute() };
  const [prepare, load, ...later] = plan;
  assert.deepEqual(orderChanges([add, ...plan], strict), [prepare, load, add, ...later]);
  assert.deepEqual(orderChanges([add, ...plan], config), [add, ...plan]);
});

test('metric 1 in the balance table is no uplinks own default', async () => {
  const config = await sampleConfig('id = 1\nname = "cable"\ndevice = "eth1"');
  const own: Change = { kind: 'route', op: 'delete', route: sampleRoute() };
  const stray: Change = { kind: 'route', op: 'delete', route: sampleRoute({ table: 7700 }) };
  assert.deepEqual(orderChanges([own, stray], config), [stray, own]);
});
