/** Random policies and packets, and what a policy and a block say to a packet. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { contains } from '../../../src/ipv4.ts';
import type { Policy } from '../../../src/model.ts';
import type { Block, Field } from '../../../src/ruleset/policy-index.ts';
import { samplePolicy } from '../../helpers/samples.ts';

/** A policy that matches everything, but for what is said. */
export const policyOf = (name: string, conditions: Partial<Policy> = {}): Policy =>
  samplePolicy({ name, use: [[1]], ...conditions });

/** What a policy can see of a new connection; `user` of the router's own, `device` of all others. */
export interface Packet {
  readonly from: string;
  readonly to: string;
  /** Whether the destination is in the sets of the policies' domains. */
  readonly learned: boolean;
  readonly protocol: number;
  readonly fromPort: number;
  readonly toPort: number;
  readonly dscp: number;
  readonly user?: number;
  readonly device?: string;
}

const inAny = (prefixes: readonly string[], address: string): boolean =>
  prefixes.some((prefix) => contains(prefix, address));

const inRange = (ranges: Policy['toPorts'], port: number): boolean =>
  ranges.some(([first, last]) => first <= port && port <= last);

/** Whether a policy says yes to a packet, condition by condition. */
export const matches = (policy: Policy, packet: Packet): boolean => {
  const { toDomains, inDevices, users } = policy;
  const fulfilled = (list: readonly unknown[], answer: boolean): boolean => list.length === 0 || answer;
  const destination =
    inAny(policy.to, packet.to) ||
    (toDomains.length > 0 && packet.learned) ||
    (policy.to.length === 0 && toDomains.length === 0);
  return (
    destination &&
    fulfilled(policy.from, inAny(policy.from, packet.from)) &&
    fulfilled(policy.protocols, policy.protocols.includes(packet.protocol)) &&
    fulfilled(policy.fromPorts, inRange(policy.fromPorts, packet.fromPort)) &&
    fulfilled(policy.toPorts, inRange(policy.toPorts, packet.toPort)) &&
    fulfilled(policy.dscp, policy.dscp.includes(packet.dscp)) &&
    fulfilled(users, packet.user !== undefined && users.includes(packet.user)) &&
    fulfilled(inDevices, packet.device !== undefined && inDevices.includes(packet.device))
  );
};

/** Whether a key of a map matches a packet, as the kernel would compare them. */
const keyMatches = (fields: readonly Field[], key: readonly string[], packet: Packet): boolean => {
  const inText = (text: string, number: number): boolean => {
    const [first = '', last = first] = text.split('-');
    return Number(first) <= number && number <= Number(last);
  };
  const tests: Record<Field, (text: string) => boolean> = {
    from: (text) => contains(text, packet.from),
    to: (text) => contains(text, packet.to),
    protocols: (text) => inText(text, packet.protocol),
    fromPorts: (text) => inText(text, packet.fromPort),
    toPorts: (text) => inText(text, packet.toPort),
  };
  assert.equal(key.length, fields.length);
  return fields.every((field, index) => tests[field](key[index] ?? ''));
};

/** Names of the policies that a block says yes for: more than one key would be one too many for the kernel. */
export const hits = (block: Block, packet: Packet): string[] =>
  block.kind === 'rule'
    ? [block.policy].filter((policy) => matches(policy, packet)).map(({ name }) => name)
    : block.entries.flatMap(({ policy, keys }) =>
        keys.filter((key) => keyMatches(block.fields, key, packet)).map(() => policy.name),
      );

/** Values that often meet: two networks, one inside the other, and two others. */
const PREFIXES = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '172.16.0.0/12', '192.0.2.0/24'];
const ADDRESSES = ['10.0.0.1', '10.1.0.1', '10.1.2.3', '172.16.0.1', '192.0.2.9', '198.51.100.1'];
const RANGES: Policy['toPorts'] = [
  [25, 25],
  [80, 90],
  [443, 443],
  [1000, 2000],
  [85, 1500],
];

/** A list without overlaps, as a policy has it. */
const disjoint = <T>(values: readonly T[], overlap: (a: T, b: T) => boolean): fc.Arbitrary<T[]> =>
  fc
    .subarray([...values], { maxLength: 3 })
    .map((list) =>
      list.filter((value, index) => !list.slice(0, index).some((other) => overlap(value, other))),
    );

const prefixes = disjoint(
  PREFIXES,
  (a, b) => contains(a, b.split('/')[0] ?? '') || contains(b, a.split('/')[0] ?? ''),
);
const ports = disjoint(RANGES, ([a, b], [c, d]) => a <= d && c <= b);
const sometimes = <T>(list: fc.Arbitrary<T[]>): fc.Arbitrary<T[]> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant<T[]>([]) }, { weight: 3, arbitrary: list });
const rarely = <T>(values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<T[]>([]) },
    { weight: 1, arbitrary: fc.subarray([...values]) },
  );

/** What a random policy asks for; ports only with a protocol that has them. */
export const conditions: fc.Arbitrary<Partial<Policy>> = fc
  .record({
    from: sometimes(prefixes),
    to: sometimes(prefixes),
    toDomains: rarely(['example.org']),
    protocols: sometimes(fc.subarray([6, 17], { minLength: 1 })),
    fromPorts: rarely(RANGES.slice(0, 3)),
    toPorts: sometimes(ports),
    inDevices: rarely(['lan', 'dmz']),
    users: rarely([13, 33]),
    dscp: rarely([0, 46]),
  })
  .map(({ fromPorts, toPorts, ...rest }) =>
    rest.protocols.length > 0 ? { ...rest, fromPorts, toPorts } : rest,
  );

/** Random new connections among the values of `conditions`. */
export const packets: fc.Arbitrary<Packet> = fc
  .record({
    from: fc.constantFrom(...ADDRESSES),
    to: fc.constantFrom(...ADDRESSES),
    learned: fc.boolean(),
    protocol: fc.constantFrom(1, 6, 17),
    fromPort: fc.constantFrom(25, 80, 443, 40_000),
    toPort: fc.constantFrom(24, 25, 80, 85, 90, 443, 1000, 1500, 2000, 2001),
    dscp: fc.constantFrom(0, 46),
    origin: fc.constantFrom<Partial<Packet>>(
      { user: 13 },
      { user: 33 },
      { device: 'lan' },
      { device: 'dmz' },
    ),
  })
  .map(({ origin, ...packet }) => ({ ...packet, ...origin }));
