/** Parsed TOML to a configuration, or every problem that it has. Positions are added by load.ts. */
import { camelKeys } from './camel.ts';
import { coverProblems } from './covered.ts';
import { readHealth } from './health.ts';
import { MonitorToml } from './health-schema.ts';
import { keyProblems } from './keys.ts';
import { policyOf, resolvePolicy } from './policy.ts';
import { PolicyToml } from './policy-schema.ts';
import type { Problem } from './problem.ts';
import { readTable } from './read-table.ts';
import { type Config, SettingsToml, UplinkToml } from './schema.ts';
import { readSets } from './sets.ts';
import { showEntry } from './show.ts';
import { asTable, entriesOf, shapeProblems, type Table } from './tables.ts';
import { readKept, validate } from './validate.ts';
import { validatePolicies } from './validate-policies.ts';

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
  const health = readHealth(asTable(toml.health) ?? {}, uplinks);
  const monitor = readTable(MonitorToml, 'monitor', asTable(toml.monitor) ?? {}, ['monitor'], '[monitor]: ');
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
    ...[settings, ...uplinks, health, monitor, sets, kept, ...policies].flatMap((part) => part.problems),
    ...validate(camelKeys(settings.partial), drafts),
    ...validatePolicies(policies, known, kept.destinations),
    ...coverProblems(policies),
  ];
  const complete = uplinks.flatMap(({ complete }, index) => {
    const probed = health.healths[index];
    return complete && probed ? [{ ...camelKeys(complete), health: probed }] : [];
  });
  if (problems.length > 0 || settings.complete === undefined || monitor.complete === undefined)
    return { problems };
  return {
    config: {
      settings: {
        ...camelKeys(settings.complete),
        mainDestinations: kept.destinations.map(({ cidr }) => cidr),
      },
      uplinks: complete,
      policies: policies.map(policyOf),
      monitor: camelKeys(monitor.complete),
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
    return { path, label, table, ...readTable(schema, kind, table, path, label) };
  });
