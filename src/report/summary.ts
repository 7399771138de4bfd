import type { Change } from '../model.ts';

const VERBS: Readonly<Record<string, string>> = {
  add: 'added',
  replace: 'replaced',
  delete: 'deleted',
  write: 'written',
};

/** What a transaction did; those that make room for a load, or clean up after it, are part of it. */
const TRANSACTIONS: Readonly<Record<string, readonly string[]>> = {
  'nft prepare': [],
  'nft load': ['ruleset loaded'],
  'nft update': ['shares updated'],
  'nft clean': [],
  'nft delete': ['ruleset deleted'],
};

/**
 * What changed, in a few words: `3 routes added, 1 route replaced, 2 rules deleted, ruleset loaded`; `nothing` for
 * none.
 */
export const summarize = (changes: readonly Change[]): string => {
  const counts = new Map<string, number>();
  for (const { kind, op } of changes) counts.set(`${kind} ${op}`, (counts.get(`${kind} ${op}`) ?? 0) + 1);
  const parts = [...counts].flatMap(([key, count]) => TRANSACTIONS[key] ?? [counted(key, count)]);
  return parts.length === 0 ? 'nothing' : parts.join(', ');
};

const counted = (key: string, count: number): string => {
  const [kind = '', op = ''] = key.split(' ');
  return `${count} ${kind}${count === 1 ? '' : 's'} ${VERBS[op]}`;
};
