/** [health], [uplink.health] and [monitor] as the program knows them. */
import * as v from 'valibot';
import { type CamelKeys, camelKeys } from './camel.ts';
import {
  type Health,
  HealthToml,
  type HealthValues,
  type MonitorSettings,
  MonitorToml,
} from './health-schema.ts';
import { listProblems } from './lists.ts';
import type { Path, Problem } from './problem.ts';
import { readTable } from './read-table.ts';
import { showSetting } from './show.ts';
import { asTable, exceptionsProblems, type Table } from './tables.ts';
import { readTargets } from './targets.ts';
import { type HealthKey, type Misfit, misfits } from './validate-health.ts';

/** How an uplink is probed where nothing is written. */
export const defaultHealth = (): Health => ({ ...camelKeys(v.parse(HealthToml, {})), targets: [] });

/** The [monitor] table where nothing is written. */
export const defaultMonitor = (): MonitorSettings => camelKeys(v.parse(MonitorToml, {}));

/** An [[uplink]], and where it stands. */
interface UplinkTable {
  readonly path: Path;
  /** Starts its messages: `uplink "dsl1": `. */
  readonly label: string;
  readonly table: Table;
}

/**
 * How each of the uplinks is probed, in their order: [health], but for what its own [uplink.health] says; and every
 * problem of these tables. What is said of [health] is said once, however many uplinks it is about.
 */
export const readHealth = (
  general: Table,
  uplinks: readonly UplinkTable[],
): { readonly healths: readonly Health[]; readonly problems: readonly Problem[] } => {
  const common = readLevel('health', general, ['health'], '[health]: ');
  const read = uplinks.map(({ path, label, table }) => {
    const place = [...path, 'health'];
    const exceptions = asTable(table.health);
    if (exceptions === undefined)
      return { level: common, problems: exceptionsProblems(table.health, place, label) };
    const level = readLevel('uplink.health', exceptions, place, label, common);
    return { level, problems: level.problems };
  });
  const levels = read.map(({ level }) => level);
  const unfit = [...new Set(levels)]
    .flatMap(fitProblems)
    .map((problem) => [JSON.stringify(problem), problem] as const);
  return {
    healths: levels.map(({ health }) => health),
    problems: [...common.problems, ...read.flatMap(({ problems }) => problems), ...new Map(unfit).values()],
  };
};

/** One of the tables that say how an uplink is probed. */
interface Level {
  readonly path: Path;
  readonly label: string;
  /** As it is written. */
  readonly table: Table;
  /** [health], of which this has the exceptions. */
  readonly below?: Level;
  /** What holds, with defaults; a value that is not valid is undefined. */
  readonly values: Partial<HealthValues>;
  /** The same with its targets read; to be used if there is no problem. */
  readonly health: Health;
  readonly problems: readonly Problem[];
}

const readLevel = (
  place: 'health' | 'uplink.health',
  table: Table,
  path: Path,
  label: string,
  below?: Level,
): Level => {
  const { partial, problems } = readTable(HealthToml, place, table, path, label);
  const written = Object.keys(HealthToml.entries).filter((key) => Object.hasOwn(table, key));
  const values: Partial<HealthValues> =
    below === undefined
      ? partial
      : { ...below.values, ...Object.fromEntries(written.map((key) => [key, partial[key as HealthKey]])) };
  const own = written.includes('targets') ? readTargets(values.targets ?? []) : undefined;
  const health = {
    ...(camelKeys(values) as CamelKeys<HealthValues>),
    targets: own?.values ?? below?.health.targets ?? [],
  };
  const inTargets = listProblems(own?.findings ?? [], values.targets ?? [], [...path, 'targets'], label);
  const base = { path, label, table, values, health, problems: [...problems, ...inTargets] };
  return below === undefined ? base : { ...base, below };
};

const fitProblems = (level: Level): Problem[] =>
  misfits(level.values).flatMap((misfit) => misfitProblem(misfit, level) ?? []);

/** Said of the first of the two keys that is written among the exceptions, else in [health]. */
const misfitProblem = (misfit: Misfit, { path, label, table, values, below }: Level): Problem | undefined => {
  const key = misfit.keys.find((each) => Object.hasOwn(table, each));
  if (key === undefined) return below && misfitProblem(misfit, below);
  const message = `${label}${showSetting(key, values[key])}: ${misfit.reason}`;
  return { path: [...path, key], message, remedy: misfit.remedy };
};
