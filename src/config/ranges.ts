/** Lists of alternatives, each a number or a range of numbers: ports, prefixes, protocols, users. Pure. */

/** One alternative. Addresses are their 32-bit numbers. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Why an entry of a list is refused, and what to write instead. */
export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
}

/** An alternative and the entry of the list that it was written in. */
export interface Written<T> {
  readonly value: T;
  readonly index: number;
  /** As messages show it. */
  readonly shown: string;
  /** It comes from a set: sets may overlap each other and what is written. */
  readonly fromSet?: true;
}

/** A refused entry of a list. */
export interface Finding extends Refusal {
  readonly index: number;
}

/**
 * The alternatives in ascending order, those left out that lie inside another one, and a finding for each that was
 * written although it overlaps another written one.
 */
export const disjoint = <T extends Range>(
  written: readonly Written<T>[],
): { readonly values: readonly T[]; readonly findings: readonly Finding[] } => {
  const values: T[] = [];
  const findings: Finding[] = [];
  let widest: Written<T> | undefined;
  for (const next of [...written].sort(byPlace)) {
    if (widest === undefined || next.value.first > widest.value.last) {
      values.push(next.value);
      widest = next;
      continue;
    }
    if (!(next.fromSet || widest.fromSet)) findings.push(overlap(widest, next));
    if (next.value.last > widest.value.last) widest = next;
  }
  return { values, findings };
};

/** Of those that start together, the widest comes first. */
const byPlace = (a: Written<Range>, b: Written<Range>): number =>
  a.value.first - b.value.first || b.value.last - a.value.last || a.index - b.index;

/** Said of the entry that was written later. */
const overlap = (outer: Written<Range>, inner: Written<Range>): Finding => {
  const [earlier, later] = outer.index < inner.index ? [outer, inner] : [inner, outer];
  const how =
    outer.value.first === inner.value.first && outer.value.last === inner.value.last
      ? 'is the same as'
      : inner.value.last > outer.value.last
        ? 'overlaps'
        : later === inner
          ? 'lies inside'
          : 'covers';
  return {
    index: later.index,
    reason: `${how} ${earlier.shown}`,
    remedy: how === 'overlaps' ? 'join them into one' : 'remove one of the two',
  };
};

/** Whether each of some alternatives lies inside one of others. Both lists are ascending and disjoint. */
export const allInside = (inner: readonly Range[], outer: readonly Range[]): boolean => {
  let at = 0;
  return inner.every(({ first, last }) => {
    while ((outer[at]?.last ?? Number.POSITIVE_INFINITY) < first) at += 1;
    const around = outer[at];
    return around !== undefined && around.first <= first && last <= around.last;
  });
};

/** The same numbers in as few ranges as possible. The list is ascending and disjoint. */
export const merged = (ranges: readonly Range[]): Range[] => {
  const joined: Range[] = [];
  for (const range of ranges) {
    const before = joined.at(-1);
    if (before !== undefined && before.last + 1 === range.first)
      joined[joined.length - 1] = { first: before.first, last: range.last };
    else joined.push({ first: range.first, last: range.last });
  }
  return joined;
};
