/** [sets]: lists of prefixes with a name, which policies use as "@NAME". Pure. */
import { isKeyOfTable, keyProblems } from './keys.ts';
import { listProblems, readRanges, type Sets } from './lists.ts';
import { policyNameProblem } from './names.ts';
import { type Prefix, parsePrefix } from './prefixes.ts';
import type { Problem } from './problem.ts';
import { showKey, showSetting } from './show.ts';

/** The sets as far as they are valid, and a problem for everything that is not. */
export const readSets = (
  table: Readonly<Record<string, unknown>>,
): { readonly sets: Sets; readonly problems: readonly Problem[] } => {
  const read = Object.entries(table)
    .filter(([name]) => !isKeyOfTable(name))
    .map(([name, value]) => ({ name, ...readSet(name, value) }));
  return {
    sets: new Map(read.map(({ name, prefixes }) => [name, prefixes])),
    problems: [...keyProblems(table, 'sets', ['sets'], LABEL), ...read.flatMap(({ problems }) => problems)],
  };
};

const LABEL = '[sets]: ';
const EXAMPLE = 'write for example lan = ["192.168.1.10", "10.0.0.0/8"]';

const readSet = (
  name: string,
  value: unknown,
): { readonly prefixes: readonly Prefix[]; readonly problems: readonly Problem[] } => {
  const path = ['sets', name];
  const naming = policyNameProblem(name);
  const nameProblems =
    naming === undefined
      ? []
      : [{ path, message: `${LABEL}${showKey(name)}: a set's name ${naming}`, remedy: EXAMPLE }];
  const entries = typeof value === 'string' ? [value] : value;
  if (!isTexts(entries) || entries.length === 0) {
    const reason = isTexts(entries) ? 'is an empty list' : 'must be a list of IPv4 prefixes';
    const problem = { path, message: `${LABEL}${showSetting(name, value)}: ${reason}`, remedy: EXAMPLE };
    return { prefixes: [], problems: [...nameProblems, problem] };
  }
  const { values, findings } = readRanges(entries, parsePrefix);
  return { prefixes: values, problems: [...nameProblems, ...listProblems(findings, entries, path, LABEL)] };
};

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');
