import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config, Policy } from '../../../src/model.ts';
import { buildOf } from '../../../src/ruleset/build.ts';
import { namedIds, withoutDraining } from '../../../src/ruleset/drained.ts';
import { renderRuleset } from '../../../src/ruleset/ruleset.ts';
import { NO_FACTS, sampleConfig, samplePolicy } from '../../helpers/samples.ts';

const CONFIG = await sampleConfig(
  ...[1, 2, 3].map((id) => `id = ${id}\nname = "up${id}"\ndevice = "eth${id}"`),
);

const configOf = (...policies: readonly Policy[]): Config => ({ ...CONFIG, policies });

const usesOf = ({ policies }: Config): Policy['use'][] => policies.map(({ use }) => use);

test('policies lose a draining uplink, and a group that it was alone in', () => {
  const config = configOf(
    samplePolicy({ use: [[1, 2], [3]] }),
    samplePolicy({ use: [[1], [2]] }),
    samplePolicy({ use: [[1]] }),
    samplePolicy({ use: 'main' }),
  );
  assert.deepEqual(usesOf(withoutDraining(config, [1])), [[[2], [3]], [[2]], [], 'main']);
  assert.equal(withoutDraining(config, []), config);
});

test('the uplinks of a policy are named in its order, best first', () => {
  assert.deepEqual(namedIds(samplePolicy({ use: [[3], [1, 2]] })), [3, 1, 2]);
  assert.deepEqual(namedIds(samplePolicy({ use: 'balance' })), []);
});

test('a draining uplink changes the build where a policy names it', () => {
  const draining = { ...NO_FACTS, draining: [1] };
  const named = configOf(samplePolicy({ use: [[1]] }));
  const other = configOf(samplePolicy({ use: [[2]] }));
  assert.notEqual(buildOf(named, draining), buildOf(named, NO_FACTS));
  assert.equal(buildOf(other, draining), buildOf(other, NO_FACTS));
});

const textOf = (config: Config, draining: readonly number[]): string[] =>
  renderRuleset(config, { build: 'b', living: [] }, { ...NO_FACTS, draining }).map(({ text }) => text);

test('a strict policy whose only uplink drains gives it no connection, and lets those go on that it has', () => {
  const config = configOf(samplePolicy({ use: [[1]], else: 'reject' }));
  const before = textOf(config, []);
  const during = textOf(config, [1]);
  const marks = 'add rule inet mlb_hooks policy_mail goto mark_1';
  assert.ok(before.includes(marks));
  assert.ok(!during.includes(marks));
  assert.equal(
    during.findLast((text) => text.startsWith('add rule inet mlb_hooks policy_mail ')),
    REFUSED,
  );
  const guard = (text: string): boolean => text.includes(' guard_policy_mail ');
  assert.ok(during.filter(guard).some((text) => text.endsWith('oifname "eth1" accept')));
  // What is refused would begin anew there.
  assert.ok(before.filter(guard).some((text) => text.includes('ct mark set')));
  assert.ok(!during.filter(guard).some((text) => text.includes('ct mark set')));
});

const REFUSED = 'add rule inet mlb_hooks policy_mail accept';

test('what a strict policy refuses is assigned to its first uplink that is not draining', () => {
  const config = configOf(samplePolicy({ use: [[1], [2]], else: 'reject' }));
  const assigned = (draining: readonly number[]): string | undefined =>
    textOf(config, draining).find((text) => / guard_policy_mail .* \| 0x[12]000000$/.test(text));
  assert.match(assigned([]) ?? '', /0x1000000$/);
  assert.match(assigned([1]) ?? '', /0x2000000$/);
});
