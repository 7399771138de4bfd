/** One table of the file against its schema. */
import * as v from 'valibot';
import { keyProblems, type Place } from './keys.ts';
import type { Path, Problem } from './problem.ts';
import { remedyOf, type TableSchema } from './remedy.ts';
import { showSetting } from './show.ts';
import type { Table } from './tables.ts';

/** What was read of a table: whole if it is valid, its valid values in any case, a problem for each of the others. */
export interface Reading<S extends TableSchema> {
  readonly complete?: v.InferOutput<S>;
  readonly partial: Partial<v.InferOutput<S>>;
  readonly problems: readonly Problem[];
}

/** Reads a table. `path` leads to it, `label` starts each message. */
export const readTable = <S extends TableSchema>(
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

const keyOf = (issue: v.BaseIssue<unknown>): string => String(issue.path?.[0]?.key ?? '');
