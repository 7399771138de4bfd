/** Policies that can never match, because an earlier one takes all that they would. Pure. */
import { isIncluded } from './domains.ts';
import type { Conditions, ResolvedPolicy } from './policy.ts';
import type { Problem } from './problem.ts';
import { allInside, type Range } from './ranges.ts';

/**
 * A problem for each policy that a single earlier one covers; several that do so together are not found. Policies with
 * problems are not judged, because their conditions are not those that were meant.
 */
export const coverProblems = (policies: readonly ResolvedPolicy[]): Problem[] => {
  const sound = policies
    .filter(({ problems }) => problems.length === 0)
    .map(({ draft, conditions }) => ({ draft, conditions, spans: spansOf(conditions) }));
  return sound.flatMap(({ draft, conditions, spans }, index) => {
    const cover = sound
      .slice(0, index)
      .find((earlier) => isWithin(spans, earlier.spans) && covers(earlier.conditions, conditions));
    if (cover === undefined) return [];
    const { path, label } = draft;
    const message = `${label}can never match: ${cover.draft.label.slice(0, -2)} takes all that it would`;
    return [{ path, message, remedy: 'move it above that one, or remove it' }];
  });
};

/**
 * The lowest and the highest number of some conditions, one after the other: with hundreds of policies nearly all pairs
 * are told apart by these alone. Domains may have any address.
 */
const spansOf = ({ from, to, toDomains, toPorts, protocols }: Conditions): readonly number[] =>
  [from, toDomains.length > 0 ? [] : to, toPorts, protocols].flatMap(spanOf);

const spanOf = (ranges: readonly Range[]): readonly [number, number] => [
  ranges[0]?.first ?? Number.NEGATIVE_INFINITY,
  ranges.at(-1)?.last ?? Number.POSITIVE_INFINITY,
];

/** A plain loop: it runs for each pair. */
const isWithin = (inner: readonly number[], outer: readonly number[]): boolean => {
  for (let low = 0; low < inner.length; low += 2)
    if ((inner[low] ?? 0) < (outer[low] ?? 0) || (inner[low + 1] ?? 0) > (outer[low + 1] ?? 0)) return false;
  return true;
};

/** Whether everything that the later policy matches is matched by the earlier one. */
const covers = (earlier: Conditions, later: Conditions): boolean =>
  RANGES.every((key) => isNarrower(later[key], earlier[key], allInside)) &&
  isNarrower(later.inDevices, earlier.inDevices, allAmong) &&
  coversDestinations(earlier, later);

const RANGES = ['protocols', 'from', 'toPorts', 'fromPorts', 'users', 'dscp'] as const;

/** An empty list is no condition: only another empty one is as wide. */
const isNarrower = <T>(
  later: readonly T[],
  earlier: readonly T[],
  inside: (later: readonly T[], earlier: readonly T[]) => boolean,
): boolean => earlier.length === 0 || (later.length > 0 && inside(later, earlier));

const allAmong = (later: readonly string[], earlier: readonly string[]): boolean =>
  later.every((text) => earlier.includes(text));

/** A destination matches if its address is in `to` or if it is in one of the domains. */
const coversDestinations = (earlier: Conditions, later: Conditions): boolean => {
  if (earlier.to.length === 0 && earlier.toDomains.length === 0) return true;
  if (later.to.length === 0 && later.toDomains.length === 0) return false;
  const domains = new Set(earlier.toDomains);
  return (
    allInside(later.to, earlier.to) && later.toDomains.every((domain) => isIncluded(domain, domains, true))
  );
};
