import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Policy } from '../../../src/model.ts';
import { indexPolicies, mapKey, mapType } from '../../../src/ruleset/policy-index.ts';
import { check } from '../properties/check.ts';
import { conditions, hits, matches, packets, policyOf } from './packets.ts';

test('the first block that matches gives the first policy that matches, and by one key alone', () => {
  check(
    fc.property(
      fc.array(conditions, { maxLength: 14 }),
      fc.array(packets, { minLength: 30, maxLength: 30 }),
      (list, traffic) => {
        const policies = list.map((each, index) => policyOf(`p${index}`, each));
        const blocks = indexPolicies(policies);
        for (const packet of traffic) {
          const linear = policies.find((policy) => matches(policy, packet))?.name;
          const answers = blocks.map((block) => hits(block, packet));
          for (const answer of answers) assert.ok(answer.length <= 1, answer.join());
          assert.equal(answers.flat()[0], linear, JSON.stringify(packet));
        }
      },
    ),
    1000,
  );
});

test('every policy is in one block, none is lost', () => {
  check(
    fc.property(fc.array(conditions, { maxLength: 14 }), (list) => {
      const policies = list.map((each, index) => policyOf(`p${index}`, each));
      const names = indexPolicies(policies).flatMap((block) =>
        block.kind === 'rule' ? [block.policy.name] : block.entries.map(({ policy }) => policy.name),
      );
      assert.deepEqual(names.sort(), policies.map(({ name }) => name).sort());
    }),
    200,
  );
});

/** Block by block, the names of its policies. */
const layout = (...policies: readonly Policy[]): string[] =>
  indexPolicies(policies).map((block) =>
    block.kind === 'rule'
      ? `rule ${block.policy.name}`
      : `${block.fields.join('+')} ${block.entries.map(({ policy }) => policy.name).join()}`,
  );

test('policies of the same fields that cannot meet share a map', () => {
  assert.deepEqual(layout(policyOf('a', { from: ['10.0.0.1'] }), policyOf('b', { from: ['10.0.0.2'] })), [
    'from a,b',
  ]);
});

test('it is enough that two policies differ in one field', () => {
  const base: Partial<Policy> = {
    from: ['10.0.0.1'],
    to: ['192.0.2.1'],
    protocols: [6],
    fromPorts: [[1, 9]],
    toPorts: [[1, 9]],
  };
  const others: readonly Partial<Policy>[] = [
    { from: ['10.0.0.2'] },
    { to: ['192.0.2.2'] },
    { protocols: [17] },
    { fromPorts: [[10, 19]] },
    { toPorts: [[10, 19]] },
  ];
  for (const other of others)
    assert.deepEqual(layout(policyOf('a', base), policyOf('b', { ...base, ...other })), [
      'from+to+toPorts+fromPorts+protocols a,b',
    ]);
});

test('a policy that overlaps an earlier one of its map starts another', () => {
  assert.deepEqual(
    layout(policyOf('host', { from: ['10.0.0.1'] }), policyOf('net', { from: ['10.0.0.0/24'] })),
    ['from host', 'from net'],
  );
});

test('a policy moves up past what it cannot meet, and never past what it can', () => {
  const first = policyOf('first', { from: ['10.0.0.1'] });
  const web = policyOf('web', { protocols: [6], toPorts: [[80, 80]] });
  const other = policyOf('other', { from: ['10.0.0.2'], to: [] });
  assert.deepEqual(layout(first, web, other), ['from first', 'toPorts+protocols web', 'from other']);
  const there = policyOf('there', { from: ['10.0.0.3'], to: ['192.0.2.1'] });
  assert.deepEqual(layout(first, there, other), ['from first,other', 'from+to there']);
});

test('what a map cannot decide, or decides for everything, is a rule', () => {
  const odd: readonly Partial<Policy>[] = [
    {},
    { from: ['10.0.0.1'], toDomains: ['example.org'] },
    { protocols: [6], inDevices: ['lan'] },
    { users: [13] },
    { to: ['192.0.2.1'], dscp: [46] },
  ];
  for (const each of odd) assert.deepEqual(layout(policyOf('odd', each)), ['rule odd']);
});

test('policies move past rules of other addresses, not past what may match the same', () => {
  const first = policyOf('first', { from: ['10.0.0.1'] });
  const second = policyOf('second', { from: ['10.0.0.2'] });
  const squid = policyOf('squid', { users: [13] });
  assert.deepEqual(layout(first, squid, second), ['from first', 'rule squid', 'from second']);
  const elsewhere = policyOf('elsewhere', { users: [13], from: ['10.0.0.9'] });
  assert.deepEqual(layout(first, elsewhere, second), ['from first,second', 'rule elsewhere']);
});

test('a destination besides domains may be any, so nothing of another destination passes it', () => {
  const first = policyOf('first', { to: ['192.0.2.1'] });
  const gov = policyOf('gov', { to: ['198.51.100.0/24'], toDomains: ['gov.br'] });
  const second = policyOf('second', { to: ['192.0.2.2'] });
  assert.deepEqual(layout(first, gov, second), ['to first', 'rule gov', 'to second']);
});

test('the order of a list of addresses does not matter', () => {
  const many = policyOf('many', { from: ['192.0.2.0/24', '10.0.0.0/8'] });
  assert.deepEqual(layout(many, policyOf('one', { from: ['10.1.0.0/16'] })), ['from many', 'from one']);
});

test('a policy with very many combinations is a rule with sets', () => {
  const hosts = Array.from({ length: 40 }, (_, index) => `10.0.0.${index}`);
  assert.deepEqual(layout(policyOf('big', { from: hosts, to: hosts })), ['rule big']);
});

test('keys are all combinations of the values, in the order of the fields', () => {
  const [block] = indexPolicies([
    policyOf('mail', {
      from: ['192.168.1.0/24', '192.168.2.10'],
      protocols: [6],
      toPorts: [
        [25, 25],
        [1000, 2000],
      ],
    }),
  ]);
  assert.ok(block?.kind === 'map');
  assert.deepEqual(block.entries[0]?.keys, [
    ['192.168.1.0/24', '25', '6'],
    ['192.168.1.0/24', '1000-2000', '6'],
    ['192.168.2.10', '25', '6'],
    ['192.168.2.10', '1000-2000', '6'],
  ]);
  assert.equal(mapType(block.fields), 'ipv4_addr . inet_service . inet_proto');
  assert.equal(mapKey(block.fields), 'ip saddr . th dport . meta l4proto');
});

test('two hundred policies of an office are a few lookups', () => {
  const host = (index: number): string => `192.168.${Math.floor(index / 250)}.${(index % 250) + 1}`;
  const policies = Array.from({ length: 200 }, (_, index) =>
    policyOf(
      `p${index}`,
      [
        { from: [host(index)], protocols: [6], toPorts: [[25, 25]] as Policy['toPorts'] },
        { from: [host(index)], to: ['203.0.113.0/24'] },
        { from: [host(index)] },
        { from: [host(index)], protocols: [17], toPorts: [[5000, 5100 + index]] as Policy['toPorts'] },
      ][index % 4],
    ),
  );
  assert.equal(indexPolicies(policies).length, 3);
});
