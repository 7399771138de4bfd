/** The tables of the parsed file: where they can be read, and where they have another shape. Pure. */
import type { Path, Problem } from './problem.ts';
import { showSetting } from './show.ts';

/** A TOML table. */
export type Table = Readonly<Record<string, unknown>>;

/** A table of a list, and where it stands. */
export interface Entry {
  readonly path: Path;
  readonly table: Table;
}

/** The value if it is a table. */
export const asTable = (value: unknown): Table | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
    ? (value as Table)
    : undefined;

/** The tables of a list wherever they can be read, also below an `[uplink]` that should be `[[uplink]]`. */
export const entriesOf = (kind: 'uplink' | 'policy', value: unknown): readonly Entry[] => {
  const single = asTable(value);
  if (single !== undefined)
    return Object.values(single).some((inner) => asTable(inner)) ? [] : [{ path: [kind], table: single }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown, index) => {
    const table = asTable(entry);
    return table === undefined ? [] : [{ path: [kind, index], table }];
  });
};

/** A problem for each table that is none, or a list where it must be one, or the other way round. */
export const shapeProblems = (toml: Table): Problem[] => [
  ...(['settings', 'health', 'monitor', 'sets'] as const).flatMap((key) =>
    singleProblems(key, 'once', toml[key], [key], ''),
  ),
  ...(toml.uplink === undefined || (Array.isArray(toml.uplink) && toml.uplink.length === 0)
    ? [{ path: [], message: 'names no uplink', remedy: 'add an [[uplink]] with id, name and device' }]
    : listProblems('uplink', toml.uplink)),
  ...(toml.policy === undefined ? [] : listProblems('policy', toml.policy)),
];

/** A problem for an [uplink.health] that is no table. `path` leads to it, `label` starts the message. */
export const exceptionsProblems = (value: unknown, path: Path, label: string): Problem[] =>
  singleProblems('uplink.health', 'once for each uplink', value, path, label);

const singleProblems = (
  header: string,
  times: string,
  value: unknown,
  path: Path,
  label: string,
): Problem[] => {
  if (value === undefined || asTable(value)) return [];
  return Array.isArray(value) && value.every(asTable)
    ? [{ path, message: `${label}[[${header}]] is a list`, remedy: `write [${header}], ${times}` }]
    : [
        {
          path,
          message: `${label}${showSetting(String(path.at(-1)), value)}: is not a table`,
          remedy: `write a header line [${header}]`,
        },
      ];
};

const listProblems = (key: 'uplink' | 'policy', value: unknown): Problem[] => {
  if (Array.isArray(value) && value.every(asTable)) return [];
  return asTable(value)
    ? [
        {
          path: [key],
          message: `[${key}] is a single table`,
          remedy: `write [[${key}]], with two brackets, above each ${key}`,
        },
      ]
    : [
        {
          path: [key],
          message: `${showSetting(key, value)}: is not a list of tables`,
          remedy: `write [[${key}]] above each ${key}`,
        },
      ];
};
