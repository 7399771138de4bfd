/** Parsed TOML to a configuration, or every problem that it has. Positions are added by load.ts. */
import * as v from 'valibot';
import { keyProblems } from './keys.ts';
import type { Path, Problem } from './problem.ts';
import { remedyOf } from './remedy.ts';
import { type Config, camelKeys, SettingsToml, UplinkToml } from './schema.ts';
import { showSetting, showUplink } from './show.ts';
import { validate } from './validate.ts';

type Table = Readonly<Record<string, unknown>>;
type TableSchema = typeof SettingsToml | typeof UplinkToml;

/** The configuration if there is no problem, else all problems, in no particular order. */
export const readConfig = (
  toml: Table,
): { readonly config?: Config; readonly problems: readonly Problem[] } => {
  const settings = readTable(SettingsToml, asTable(toml.settings) ?? {}, ['settings'], '');
  const entries = uplinkEntries(toml.uplink);
  const uplinks = entries.map(({ path, table }, index) => ({
    path,
    ...readTable(UplinkToml, table, path, `${showUplink(table.name, index)}: `),
  }));
  const drafts = uplinks.map(({ path, partial }) => ({ path, values: camelKeys(partial) }));
  const problems = [
    ...keyProblems(toml, 'top', [], ''),
    ...shapeProblems(toml),
    ...keyProblems(asTable(toml.settings) ?? {}, 'settings', ['settings'], ''),
    ...settings.problems,
    ...entries.flatMap(({ path, table }, index) =>
      keyProblems(table, 'uplink', path, `${showUplink(table.name, index)}: `),
    ),
    ...uplinks.flatMap((uplink) => uplink.problems),
    ...validate(camelKeys(settings.partial), drafts),
  ];
  const complete = uplinks.flatMap((uplink) => (uplink.complete ? [camelKeys(uplink.complete)] : []));
  if (problems.length > 0 || settings.complete === undefined) return { problems };
  return { config: { settings: camelKeys(settings.complete), uplinks: complete }, problems };
};

/** One table: whole if it is valid, its valid values in any case, and a problem for each of the others. */
const readTable = <S extends TableSchema>(schema: S, table: Table, path: Path, label: string) => {
  const result = v.safeParse(schema, table, { abortPipeEarly: true });
  if (result.success) return { complete: result.output, partial: result.output, problems: [] };
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
  return { partial, problems };
};

const keyOf = (issue: v.BaseIssue<unknown>): string => String(issue.path?.[0]?.key ?? '');

/** The uplinks wherever they can be read, also below a `[uplink]` that should be `[[uplink]]`. */
const uplinkEntries = (uplink: unknown): { readonly path: Path; readonly table: Table }[] => {
  const single = asTable(uplink);
  if (single !== undefined)
    return Object.values(single).some((value) => asTable(value)) ? [] : [{ path: ['uplink'], table: single }];
  if (!Array.isArray(uplink)) return [];
  return uplink.flatMap((entry: unknown, index) => {
    const table = asTable(entry);
    return table === undefined ? [] : [{ path: ['uplink', index], table }];
  });
};

const shapeProblems = ({ settings, uplink }: Table): Problem[] => {
  const problems: Problem[] = [];
  const say = (path: Path, message: string, remedy: string) => problems.push({ path, message, remedy });
  if (Array.isArray(settings)) say(['settings'], '[[settings]] is a list', 'write [settings], once');
  else if (settings !== undefined && !asTable(settings))
    say(
      ['settings'],
      `${showSetting('settings', settings)}: is not a table`,
      'write a header line [settings]',
    );
  if (uplink === undefined || (Array.isArray(uplink) && uplink.length === 0))
    say([], 'names no uplink', 'add an [[uplink]] with id, name and device');
  else if (asTable(uplink))
    say(['uplink'], '[uplink] is a single table', 'write [[uplink]], with two brackets, above each uplink');
  else if (!Array.isArray(uplink) || !uplink.every(asTable))
    say(
      ['uplink'],
      `${showSetting('uplink', uplink)}: is not a list of tables`,
      'write [[uplink]] above each uplink',
    );
  return problems;
};

const asTable = (value: unknown): Table | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
    ? (value as Table)
    : undefined;
