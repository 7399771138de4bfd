import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Policy } from '../../../src/model.ts';
import { indexPolicies } from '../../../src/ruleset/policy-index.ts';
import { findShortcut, type Shortcut } from '../../../src/ruleset/shortcut.ts';
import { check } from '../properties/check.ts';
import { conditions, hits, matches, type Packet, packets, policyOf } from './packets.ts';

/** What the shortcut says: a policy's name, nothing, or that the blocks must be asked. */
const ask = ({ maps, rules }: Shortcut, packet: Packet): string | undefined => {
  for (const { fields, entries } of maps) {
    const found = hits({ kind: 'map', fields, entries }, packet);
    assert.ok(found.length <= 1, `overlapping elements: ${found.join()}`);
    const entry = entries.find(({ policy }) => policy.name === found[0]);
    if (entry !== undefined) return entry.sure ? entry.policy.name : 'ask the blocks';
  }
  return rules.find((policy) => matches(policy, packet))?.name;
};

test('a shortcut that is sure says what the list would say, and one that is not was right to ask', () => {
  let taken = 0;
  check(
    fc.property(
      fc.array(conditions, { minLength: 4, maxLength: 14 }),
      fc.array(packets, { minLength: 30, maxLength: 30 }),
      (list, traffic) => {
        const policies = list.map((each, index) => policyOf(`p${index}`, each));
        const shortcut = findShortcut(policies);
        if (shortcut === undefined) return;
        for (const packet of traffic) {
          const linear = policies.find((policy) => matches(policy, packet))?.name;
          const answer = ask(shortcut, packet);
          if (answer === 'ask the blocks') assert.notEqual(linear, undefined);
          else assert.equal(answer, linear, JSON.stringify(packet));
          taken += 1;
        }
      },
    ),
    1500,
  );
  assert.ok(taken > 1000, `only ${taken} packets took a shortcut`);
});

/** Five kinds of policies in turn, as nobody sorts them. */
const MIXED = Array.from({ length: 200 }, (_, index) => {
  const host = `192.168.0.${index + 1}`;
  const ports: Policy['toPorts'] = [[10_000 + index * 10, 10_009 + index * 10]];
  const kinds: readonly Partial<Policy>[] = [
    { from: [host], protocols: [6], toPorts: [[25, 25]] },
    { from: [host], to: ['203.0.113.0/24'] },
    { from: [host] },
    { to: [`10.${index}.0.0/16`], protocols: [17], toPorts: [[5000, 5100]] },
    { protocols: [6, 17], toPorts: ports },
  ];
  return policyOf(`p${index}`, kinds[index % 5]);
});

test('two hundred mixed policies are as many lookups as there are kinds', () => {
  assert.ok(indexPolicies(MIXED).length > 100);
  const shortcut = findShortcut(MIXED);
  assert.equal(shortcut?.maps.length, 5);
  assert.deepEqual(shortcut.rules, []);
});

test('policies of which few blocks come need no shortcut', () => {
  assert.equal(findShortcut([]), undefined);
  assert.equal(
    findShortcut([policyOf('a', { from: ['10.0.0.1'] }), policyOf('b', { users: [13] })]),
    undefined,
  );
});

test('a policy is unsure only where an earlier one is asked later', () => {
  const shortcut = findShortcut([
    policyOf('host', { from: ['10.0.0.1'] }),
    policyOf('web', { protocols: [6], toPorts: [[80, 80]] }),
    policyOf('other', { from: ['10.0.0.2'] }),
    policyOf('mail', { protocols: [6], toPorts: [[25, 25]] }),
  ]);
  const said = shortcut?.maps.map(({ entries }) =>
    entries.map(({ policy, sure }) => `${policy.name} ${sure}`),
  );
  assert.deepEqual(said, [
    ['host true', 'other false'],
    ['web true', 'mail true'],
  ]);
});

test('a rule comes after all maps, so whatever it precedes and overlaps is unsure', () => {
  const shortcut = findShortcut([
    policyOf('a', { from: ['10.0.0.1'] }),
    policyOf('squid', { users: [13] }),
    policyOf('b', { from: ['10.0.0.2'] }),
  ]);
  assert.deepEqual(
    shortcut?.maps[0]?.entries.map(({ sure }) => sure),
    [true, false],
  );
  assert.deepEqual(
    shortcut?.rules.map(({ name }) => name),
    ['squid'],
  );
});
