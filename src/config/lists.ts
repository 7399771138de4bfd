/** Lists of values as they are written, entry by entry. Pure. */
import { isIncluded, parseDomain } from './domains.ts';
import { nearest } from './nearest.ts';
import { type Prefix, parsePrefix } from './prefixes.ts';
import type { Path, Problem } from './problem.ts';
import { disjoint, type Finding, type Range, type Refusal, type Written } from './ranges.ts';
import { showSetting, showValue } from './show.ts';

/** What a list means, and what is wrong with its entries. */
export interface Listed<T> {
  readonly values: readonly T[];
  readonly findings: readonly Finding[];
}

/** Prefixes by the name of the [sets] that they stand in. */
export type Sets = ReadonlyMap<string, readonly Prefix[]>;

/** Numbers and ranges in ascending order; overlaps are findings. */
export const readRanges = <V, T extends Range>(
  entries: readonly V[],
  parse: (entry: V) => T | Refusal,
): Listed<T> => together(entries.map((entry, index) => readEntry(entry, index, parse)));

/** Prefixes in ascending order; `@NAME` stands for those of a set. Overlaps are findings, but for those of sets. */
export const readPrefixes = (entries: readonly string[], sets: Sets = new Map()): Listed<Prefix> =>
  together(
    entries.map((entry, index) =>
      entry.startsWith('@') ? readSet(entry, index, sets) : readEntry(entry, index, parsePrefix),
    ),
  );

/** Texts in ascending order; `parse` says what they mean, and repetitions are findings. */
export const readTexts = (
  entries: readonly string[],
  parse: (entry: string) => string | Refusal,
): Listed<string> => {
  const read = entries.map((entry, index) => readEntry(entry, index, parse));
  const words = read.flatMap(({ written }) => written);
  const known = words.map(({ value }) => value);
  return {
    values: known.toSorted(),
    findings: [
      ...read.flatMap(({ findings }) => findings),
      ...words
        .filter(({ value }, place) => known.indexOf(value) < place)
        .map(({ index }) => ({ index, reason: 'is written twice', remedy: 'remove one of the two' })),
    ],
  };
};

/** Domains in ascending order; one that another includes is a finding. */
export const readDomains = (entries: readonly string[]): Listed<string> => {
  const { values, findings } = readTexts(entries, parseDomain);
  const all = new Set(values);
  const included = entries.flatMap((entry, index) =>
    isIncluded(entry.toLowerCase(), all, false)
      ? [{ index, reason: 'lies inside another domain of the list', remedy: 'remove it' }]
      : [],
  );
  return { values, findings: [...findings, ...included] };
};

/** A problem for each finding. `path` leads to the list, `label` starts each message. */
export const listProblems = (
  findings: readonly Finding[],
  entries: readonly unknown[],
  path: Path,
  label: string,
): Problem[] =>
  findings.map(({ index, reason, remedy }) => ({
    path: [...path, index],
    message: `${label}${showSetting(String(path.at(-1)), entries[index])}: ${reason}`,
    remedy,
  }));

interface Read<T> {
  readonly written: readonly Written<T>[];
  readonly findings: readonly Finding[];
}

const readEntry = <V, T>(entry: V, index: number, parse: (entry: V) => T | Refusal): Read<T> => {
  const value = parse(entry);
  return isRefusal(value)
    ? { written: [], findings: [{ index, ...value }] }
    : { written: [{ value, index, shown: showValue(entry) }], findings: [] };
};

const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'reason' in value;

const readSet = (entry: string, index: number, sets: Sets): Read<Prefix> => {
  const prefixes = sets.get(entry.slice(1));
  if (prefixes !== undefined)
    return {
      written: prefixes.map((value) => ({ value, index, shown: entry, fromSet: true })),
      findings: [],
    };
  const near = nearest(entry.slice(1), [...sets.keys()]);
  const remedy =
    near === undefined ? `add a line ${entry.slice(1)} = […] below [sets]` : `did you mean "@${near}"?`;
  return { written: [], findings: [{ index, reason: 'is not one of [sets]', remedy }] };
};

const together = <T extends Range>(read: readonly Read<T>[]): Listed<T> => {
  const { values, findings } = disjoint(read.flatMap(({ written }) => written));
  return { values, findings: [...read.flatMap((entry) => entry.findings), ...findings] };
};
