/** The uplinks that a policy may use. Pure. */
import { nearest } from './nearest.ts';
import type { Policy, PolicyValues } from './policy-schema.ts';
import type { Path, Problem } from './problem.ts';
import type { Uplink } from './schema.ts';
import { showSetting } from './show.ts';

type Written = PolicyValues['use'];

/** Words in the place of an uplink; no uplink can have such a name. */
const WORDS = ['main', 'balance'] as const;

/**
 * Groups of uplink ids, best first, or a word; a problem for each name that cannot be used. An uplink whose id is
 * missing is left out: that is a problem of its own.
 */
export const readUse = (
  written: Written | undefined,
  path: Path,
  label: string,
  uplinks: readonly Partial<Uplink>[],
): { readonly use: Policy['use']; readonly problems: readonly Problem[] } => {
  if (written === undefined) return { use: [], problems: [] };
  const word = WORDS.find((known) => known === written);
  if (word !== undefined) return { use: word, problems: [] };
  const groups = groupsOf(written);
  const seen = new Set<string>();
  const problems = groups.flatMap((group, place) => {
    const at = typeof written === 'string' ? path : [...path, place];
    if (group.length === 0) return [problem(at, label, [], 'is an empty list', 'remove it')];
    return group.flatMap((name, index) => {
      const refusal = nameRefusal(name, seen.has(name), uplinks);
      seen.add(name);
      const where = Array.isArray(written[place]) ? [...at, index] : at;
      return refusal === undefined ? [] : [problem(where, label, name, ...refusal)];
    });
  });
  const ids = new Map(uplinks.map(({ name, id }) => [name, id]));
  const use = groups.map((group) => group.flatMap((name) => ids.get(name) ?? []).sort((a, b) => a - b));
  return { use, problems };
};

const groupsOf = (written: Written): readonly (readonly string[])[] =>
  typeof written === 'string'
    ? [[written]]
    : written.map((group) => (typeof group === 'string' ? [group] : group));

const problem = (path: Path, label: string, value: unknown, reason: string, remedy: string): Problem => ({
  path,
  message: `${label}${showSetting('use', value)}: ${reason}`,
  remedy,
});

const nameRefusal = (
  name: string,
  again: boolean,
  uplinks: readonly Partial<Uplink>[],
): [reason: string, remedy: string] | undefined => {
  if (again) return ['is named twice', 'name each uplink once'];
  if (uplinks.some((uplink) => uplink.name === name)) return undefined;
  if (WORDS.some((word) => word === name)) return ['stands alone', `write use = "${name}", or uplinks only`];
  const owner = uplinks.find((uplink) => uplink.device === name)?.name;
  if (owner !== undefined) return [`is the device of uplink "${owner}"`, `write "${owner}"`];
  const known = uplinks.flatMap((uplink) => uplink.name ?? []);
  const near = nearest(name, known);
  const remedy =
    near === undefined ? `known here: ${[...known, ...WORDS].join(', ')}` : `did you mean "${near}"?`;
  return ['is not the name of an uplink', remedy];
};
