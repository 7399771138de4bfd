import type { NftObject, NftTable } from '../model.ts';
import { parseMarker } from '../ruleset/marker.ts';

interface EntryJson {
  readonly name?: string;
  /** Of a rule: the chain that it stands in. */
  readonly chain?: string;
}

const KINDS: readonly NftObject['kind'][] = ['chain', 'set', 'map', 'counter', 'ct helper'];

/** Reads the list in `nft -j -t list table` (libnftables-json(5)): each entry is `{ KIND: { … } }`. */
export const parseNftTable = (json: readonly unknown[]): NftTable => {
  const entries = json.flatMap((entry) => Object.entries(entry as Readonly<Record<string, EntryJson>>));
  const rules = new Map<string, number>();
  for (const [kind, { chain = '' }] of entries)
    if (kind === 'rule') rules.set(chain, (rules.get(chain) ?? 0) + 1);
  const objects = KINDS.flatMap((kind) =>
    entries.flatMap(([found, { name }]): NftObject[] => {
      if (found !== kind || name === undefined) return [];
      return kind === 'chain' ? [{ kind, name, rules: rules.get(name) ?? 0 }] : [{ kind, name }];
    }),
  );
  // Two would mean that somebody has put one there.
  const [loaded, another] = objects.flatMap(({ kind, name }) =>
    kind === 'counter' ? (parseMarker(name) ?? []) : [],
  );
  return loaded === undefined || another !== undefined ? { objects } : { objects, loaded };
};

/** Whether a listed table has other rules than it should have. `counts`: how many each chain should have. */
export const isEdited = (objects: readonly NftObject[], counts: ReadonlyMap<string, number>): boolean => {
  const chains = new Map(
    objects.flatMap(({ kind, name, rules = 0 }) => (kind === 'chain' ? [[name, rules]] : [])),
  );
  const names = new Set([...chains.keys(), ...counts.keys()]);
  return [...names].some((name) => (chains.get(name) ?? 0) !== (counts.get(name) ?? 0));
};
