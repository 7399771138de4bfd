/** Random policies. What they match is the ruleset's affair: a plan depends on the uplinks that they use. */
import fc from 'fast-check';
import type { Policy } from '../../../src/model.ts';

type Use = Pick<Policy, 'use' | 'else'>;

/** Up to three policies that use some of these uplinks, in groups of one or two. */
export const policies = (ids: readonly number[]): fc.Arbitrary<Policy[]> =>
  fc.array(uses(ids), { maxLength: 3 }).map((list) => list.map(policyOf));

const uses = (ids: readonly number[]): fc.Arbitrary<Use> =>
  fc.record({
    use: fc.oneof(
      fc.constantFrom('main' as const, 'balance' as const),
      fc.shuffledSubarray([...ids], { minLength: 1 }).map(inGroups),
      fc.shuffledSubarray([...ids], { minLength: 1 }).map((list) => list.map((id) => [id])),
    ),
    else: fc.constantFrom('any' as const, 'reject' as const),
  });

const inGroups = (ids: readonly number[]): number[][] =>
  ids.flatMap((_, index) => (index % 2 === 0 ? [ids.slice(index, index + 2)] : []));

const policyOf = (use: Use, index: number): Policy => ({
  name: `policy${index}`,
  from: [],
  to: [],
  toDomains: [],
  protocols: [6],
  fromPorts: [],
  toPorts: [[1000 + index, 1000 + index]],
  inDevices: [],
  users: [],
  dscp: [],
  log: false,
  ...use,
});
