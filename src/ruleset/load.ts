/** The transactions for `nft -f` that make a ruleset the loaded one. */
import type { Config, NftLine, NftObject, Ruleset } from '../model.ts';
import { updatePool } from './dispatch.ts';
import { addCounter, type Command, deleteObject } from './lines.ts';
import { isNamedByContent } from './lookups.ts';
import { markerOf, parseMarker } from './marker.ts';
import { TABLE_REF } from './names.ts';
import { poolsOf } from './pools.ts';

/** One after the other; an empty one need not be run. */
export interface Load {
  readonly prepare: readonly NftLine[];
  readonly load: readonly NftLine[];
  readonly clean: readonly NftLine[];
}

/**
 * A ruleset beside what is in the table. Counters and the addresses of domains are kept; sets and maps that are there
 * under the name of their content are not touched, new ones come a transaction before the rules that use them, and what
 * is of no use any more goes in one after.
 */
export const renderLoad = (
  commands: readonly Command[],
  ruleset: Ruleset,
  present: readonly NftObject[],
): Load => {
  const there = new Set(present.map(({ name }) => name));
  const isContent = ({ kind, name }: Command): boolean => kind !== 'rule' && isNamedByContent(name);
  const news = commands.filter((command) => !(isContent(command) && there.has(command.name)));
  const isInUse = present.some(({ kind, rules = 0 }) => kind === 'chain' && rules > 0);
  // Their verdicts lead to chains, which have to be there; a chain without rules does nothing.
  const early = (command: Command): boolean => isContent(command) || command.kind === 'chain';
  const marker = markerOf(ruleset);
  return {
    prepare: isInUse && news.some(isContent) ? news.filter(early).map(toLine) : [],
    load: [
      { text: `add table ${TABLE_REF}` },
      { text: `flush table ${TABLE_REF}` },
      ...news.filter((command) => !(isInUse && isContent(command))).map(toLine),
      ...present.filter(isOldMarker(marker)).map(({ name }) => deleteObject('counter', name)),
      toLine(addCounter(marker)),
    ],
    clean: renderClean(commands, present),
  };
};

const isOldMarker =
  (marker: string) =>
  ({ name }: NftObject): boolean =>
    parseMarker(name) !== undefined && name !== marker;

const toLine = ({ text, about }: NftLine): NftLine => (about === undefined ? { text } : { text, about });

/** In an order in which nothing is deleted that is still referred to. */
const KINDS = ['map', 'set', 'chain', 'counter', 'ct helper'] as const;

const renderClean = (commands: readonly Command[], present: readonly NftObject[]): NftLine[] => {
  const wanted = new Set(commands.map(({ kind, name }) => `${kind} ${name}`));
  return KINDS.flatMap((kind) =>
    present
      .filter((object) => object.kind === kind && !wanted.has(`${kind} ${object.name}`))
      .filter(({ name }) => parseMarker(name) === undefined)
      .map(({ name }) => deleteObject(kind, name)),
  );
};

/** What link events change: one transaction that the kernel refuses, whole, unless `from` is what is loaded. */
export const renderUpdate = (config: Config, from: Ruleset, to: Ruleset): NftLine[] => [
  deleteObject('counter', markerOf(from)),
  ...poolsOf(config)
    .flatMap((pool) => updatePool(pool, from, to))
    .map(toLine),
  toLine(addCounter(markerOf(to))),
];

/** How many rules each chain of a ruleset has. */
export const countRules = (commands: readonly Command[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { kind, name } of commands) {
    if (kind === 'chain') counts.set(name, counts.get(name) ?? 0);
    if (kind === 'rule') counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
};
