/** Parsed TOML to a configuration, or every problem that it has. Positions are added by load.ts. */
import * as v from 'valibot';
import { camelKeys } from './camel.ts';
import { coverProblems } from './covered.ts';
import { defaultHealth, defaultMonitor } from './health.ts';
import { keyProblems, type Place } from './keys.ts';
import { policyOf, resolvePolicy } from './policy.ts';
import { PolicyToml } from './policy-schema.ts';
import type { Path, Problem } from './problem.ts';
import { remedyOf } from './remedy.ts';
import { type Config, SettingsToml, UplinkToml } from './schema.ts';
import { readSets } from './sets.ts';
import { showEntry, showSetting } from './show.ts';
import { asTable, entriesOf, shapeProblems, type Table } from './tables.ts';
import { readKept, validate } from './validate.ts';
import { validatePolicies } from './validate-policies.ts';

type TableSchema = typeof SettingsToml | typeof UplinkToml | typeof PolicyToml;

/**
 * The configuration if there is no problem, else all problems, in no particular order. `uidOf` knows the users of
 * this machine.
 */
export const readConfig = (
  toml: Table,
  uidOf: (name: string) => number | undefined,
): { readonly config?: Config; readonly problems: readonly Problem[] } => {
  const settings = readTable(SettingsToml, 'settings', asTable(toml.settings) ?? {}, ['settings'], '');
  const uplinks = readEntries(UplinkToml, 'uplink', toml.uplink);
  const written = readEntries(PolicyToml, 'policy', toml.policy);
  const sets = readSets(asTable(toml.sets) ?? {});
  const kept = readKept(settings.partial['main-destinations'] ?? []);
  const drafts = uplinks.map(({ path, partial }) => ({ path, values: camelKeys(partial) }));
  const known = drafts.map(({ values }) => values);
  const around = { uplinks: known, sets: sets.sets, uidOf };
  const policies = written.map(({ path, label, partial, problems: inTable }) => {
    const resolved = resolvePolicy({ path, label, values: camelKeys(partial) }, around);
    return { ...resolved, problems: [...inTable, ...resolved.problems] };
  });
  const problems = [
    ...keyProblems(toml, 'top', [], ''),
    ...shapeProblems(toml),
    ...[settings, ...uplinks, sets, kept, ...policies].flatMap((part) => part.problems),
    ...validate(camelKeys(settings.partial), drafts),
    ...validatePolicies(policies, known, kept.destinations),
    ...coverProblems(policies),
  ];
  const complete = uplinks.flatMap((uplink) => (uplink.complete ? [camelKeys(uplink.complete)] : []));
  if (problems.length > 0 || settings.complete === undefined) return { problems };
  return {
    config: {
      settings: {
        ...camelKeys(settings.complete),
        mainDestinations: kept.destinations.map(({ cidr }) => cidr),
      },
      uplinks: complete.map((uplink) => ({ ...uplink, health: defaultHealth() })),
      policies: policies.map(policyOf),
      monitor: defaultMonitor(),
    },
    problems,
  };
};

/** The tables of a list. */
const readEntries = <S extends typeof UplinkToml | typeof PolicyToml>(
  schema: S,
  kind: 'uplink' | 'policy',
  value: unknown,
) =>
  entriesOf(kind, value).map(({ path, table }, index) => {
    const label = `${showEntry(kind, table.name, index)}: `;
    return { path, label, ...readTable(schema, kind, table, path, label) };
  });

/** One table: whole if it is valid, its valid values in any case, and a problem for each of the others. */
const readTable = <S extends TableSchema>(
  schema: S,
  place: Place,
  table: Table,
  path: Path,
  label: string,
): Reading<S> => {
  const unknown = keyProblems(table, place, path, label);
  const result = v.safeParse(schema, table, { abortPipeEarly: true });
  if (result.success) return { complete: result.output, partial: result.output, problems: unknown };
  const bad = new Set(result.issues.map(keyOf));
  const partial = Object.fromEntries(
    Object.entries(result.output as Table).filter(([key]) => !bad.has(key)),
  ) as Partial<v.InferOutput<S>>;
  const problems = result.issues.map((issue): Problem => {
    const key = keyOf(issue);
    const place = Object.hasOwn(table, key) ? [...path, key] : path;
    const shown = Object.hasOwn(table, key)
      ? `${showSetting(key, table[key])}: ${issue.message}`
      : `${key} is missing`;
    return { path: place, message: `${label}${shown}`, remedy: remedyOf(schema, key) };
  });
  return { partial, problems: [...unknown, ...problems] };
};

interface Reading<S extends TableSchema> {
  readonly complete?: v.InferOutput<S>;
  readonly partial: Partial<v.InferOutput<S>>;
  readonly problems: readonly Problem[];
}

const keyOf = (issue: v.BaseIssue<unknown>): string => String(issue.path?.[0]?.key ?? '');
