/** What a policy matches, as ranges of numbers in several dimensions: whether two can match one packet is then plain. */
import { parseIpv4 } from '../ipv4.ts';
import type { Policy } from '../model.ts';

/** Ascending ranges, ends included; undefined: anything. */
type Ranges = readonly (readonly [first: number, last: number])[] | undefined;

/**
 * The ranges of each dimension that a map can look up, in a fixed order. Other conditions make what a policy matches
 * smaller than its box, which does no harm: it may overlap less than it seems.
 */
export type Box = readonly Ranges[];

/** The box of a policy. */
export const boxOf = (policy: Policy): Box => [
  rangesOf(policy.from, prefixRange),
  // A domain may lead to any address.
  policy.toDomains.length > 0 ? undefined : rangesOf(policy.to, prefixRange),
  rangesOf(policy.protocols, (protocol) => [protocol, protocol]),
  rangesOf(policy.fromPorts, (range) => range),
  rangesOf(policy.toPorts, (range) => range),
];

/** Whether no packet can match both. Called for all pairs of policies, so a plain loop. */
export const areDisjoint = (a: Box, b: Box): boolean => {
  for (let dimension = 0; dimension < a.length; dimension += 1)
    if (areApart(a[dimension], b[dimension])) return true;
  return false;
};

const areApart = (a: Ranges, b: Ranges): boolean => {
  if (a === undefined || b === undefined) return false;
  let left = 0;
  let right = 0;
  for (;;) {
    const one = a[left];
    const other = b[right];
    if (one === undefined || other === undefined) return true;
    if (one[1] < other[0]) left += 1;
    else if (other[1] < one[0]) right += 1;
    else return false;
  }
};

const rangesOf = <T>(values: readonly T[], toRange: (value: T) => readonly [number, number]): Ranges =>
  values.length === 0 ? undefined : values.map(toRange).sort(([a], [b]) => a - b);

const prefixRange = (cidr: string): readonly [number, number] => {
  const [address = '', length = '32'] = cidr.split('/');
  const first = parseIpv4(address) ?? 0;
  return [first, first + 2 ** (32 - Number(length)) - 1];
};
