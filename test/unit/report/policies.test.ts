import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultMonitor } from '../../../src/config/health.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { Policy, Settings } from '../../../src/model.ts';
import { type PolicyReport, partOf, reportPolicies } from '../../../src/report/policies.ts';
import { samplePolicy } from '../../helpers/samples.ts';
import { type Line, states } from './states.ts';

const { settings } = await parseConfig('[[uplink]]\nid = 1\nname = "u1"\ndevice = "eth1"\n');

const policy = (use: Policy['use'], otherwise: Policy['else'] = 'any'): Policy =>
  samplePolicy({ name: 'mail', use, else: otherwise });

const report = (
  chosen: Policy,
  lines: readonly Line[],
  options: { balance?: Settings['balance']; counters?: [string, number][]; total?: number } = {},
): PolicyReport | undefined => {
  const config = {
    settings: { ...settings, balance: options.balance ?? settings.balance },
    uplinks: [],
    policies: [chosen],
    monitor: defaultMonitor(),
  };
  return reportPolicies(config, states(...lines), new Map(options.counters), options.total ?? null)[0];
};

const now = (...args: Parameters<typeof report>): unknown => {
  const { takes, uplinks } = report(...args) ?? {};
  return [takes, uplinks?.join(' ')];
};

const TWO_GROUPS = policy([[1, 2], [3]]);
const up: Line = [1, 1, 'up'];
const down: Line = [1, 1, 'down'];
const pulled: Line = [1, 1, 'no-carrier'];

test('status --json of a policy has every field', () => {
  assert.deepEqual(
    report(policy([[1, 2], [3]], 'reject'), [up, up, up], { counters: [['policy_mail', 5]], total: 20 }),
    {
      name: 'mail',
      use: [['u1', 'u2'], ['u3']],
      else: 'reject',
      takes: 'uplinks',
      uplinks: ['u1', 'u2'],
      connections: 5,
      share: 0.25,
    },
  );
});

test('a policy takes the working uplinks of its first group that has one', () => {
  assert.deepEqual(now(TWO_GROUPS, [up, up, up]), ['uplinks', 'u1 u2']);
  assert.deepEqual(now(TWO_GROUPS, [up, down, up]), ['uplinks', 'u1']);
  assert.deepEqual(now(TWO_GROUPS, [down, down, up]), ['uplinks', 'u3']);
});

test('where none works it takes any uplink, or none', () => {
  assert.deepEqual(now(TWO_GROUPS, [down, down, down, up]), ['balance', '']);
  assert.deepEqual(now(policy([[1]], 'reject'), [down, up]), ['none', '']);
});

test('a line without carrier is passed by', () => {
  assert.deepEqual(now(TWO_GROUPS, [pulled, up, up]), ['uplinks', 'u2']);
  assert.deepEqual(now(TWO_GROUPS, [pulled, down, up]), ['uplinks', 'u3']);
  assert.deepEqual(now(policy([[1]], 'reject'), [pulled]), ['none', '']);
});

test('a deferred line is taken where its group has no other', () => {
  const slow: Line = [1, 1, 'degraded'];
  assert.deepEqual(now(TWO_GROUPS, [slow, up, up]), ['uplinks', 'u2']);
  assert.deepEqual(now(TWO_GROUPS, [slow, down, up]), ['uplinks', 'u1']);
  assert.deepEqual(now(policy([[1, 2]]), [slow, up], { balance: 'failover' }), ['uplinks', 'u2']);
});

test('in failover it takes one, by tier and then by id', () => {
  assert.deepEqual(now(policy([[1, 2, 3]]), [[2, 1, 'up'], up, up], { balance: 'failover' }), [
    'uplinks',
    'u2',
  ]);
});

test('main and balance are what they say', () => {
  assert.deepEqual(now(policy('main'), [up]), ['main', '']);
  assert.deepEqual(now(policy('balance'), [up]), ['balance', '']);
});

test('a share is of what left by the uplinks, so there is none of what stays in main or was refused', () => {
  const counted = { counters: [['policy_mail', 5]] as [string, number][] };
  assert.equal(report(policy('main'), [up], { ...counted, total: 20 })?.share, null);
  assert.equal(report(policy('balance'), [up], { ...counted, total: 20 })?.share, 0.25);
  assert.equal(partOf(5, 4), null, 'more than there were: refused');
  assert.equal(partOf(0, 0), null);
  assert.equal(partOf(null, 3), null);
  assert.equal(partOf(3, null), null);
});
