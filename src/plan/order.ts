import { METRIC } from '../config/constants.ts';
import type { Change, Config } from '../model.ts';

/**
 * Make before break: a returning uplink's own default first, then the balance table in its atomic replaces, then
 * the rest; deletions after everything that takes their place, and a dying uplink's own default the very last.
 * Then the ruleset, which assigns connections to uplinks whose routes are there by now, in the order of its plan; but
 * where a policy promises to refuse, a new ruleset comes before any route, or traffic would find a way before the guard.
 * Qdiscs come at the end: a packet would rather be routed than queued well.
 */
export const orderChanges = (changes: readonly Change[], { settings, policies }: Config): Change[] => {
  const ranks: Change[][] = Array.from({ length: RANKS }, () => []);
  const strict = policies.some((policy) => policy.else === 'reject');
  for (const change of changes) ranks[rankOf(change, settings.tableBase, strict)]?.push(change);
  return ranks.flat();
};

/** How many ranks there are, 0 included. */
const RANKS = 11;

const rankOf = (change: Change, tableBase: number, strict: boolean): number => {
  if (change.kind === 'sysctl') return 0;
  if (change.kind === 'rule') return change.op === 'add' ? 5 : 6;
  if (change.kind === 'nft') return strict && (change.op === 'prepare' || change.op === 'load') ? 1 : 9;
  if (change.kind === 'qdisc') return 10;
  const { route, op } = change;
  const own = route.destination === 'default' && route.metric === METRIC.own && route.table !== tableBase;
  if (op === 'delete') return own ? 8 : 7;
  if (own) return 2;
  return route.table === tableBase ? 3 : 4;
};
