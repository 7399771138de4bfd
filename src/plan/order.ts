import { METRIC } from '../config/constants.ts';
import type { Change, Config } from '../model.ts';

/**
 * Make before break: a returning uplink's own default first, then the balance table in its atomic replaces, then
 * the rest; deletions after everything that takes their place, and a dying uplink's own default the very last.
 * Then the ruleset, which assigns connections to uplinks whose routes are there by now, in the order of its plan.
 * Qdiscs come at the end: a packet would rather be routed than queued well.
 */
export const orderChanges = (changes: readonly Change[], { settings }: Config): Change[] => {
  const ranks: Change[][] = Array.from({ length: RANKS }, () => []);
  for (const change of changes) ranks[rankOf(change, settings.tableBase)]?.push(change);
  return ranks.flat();
};

/** How many ranks there are, 0 included. */
const RANKS = 10;

const rankOf = (change: Change, tableBase: number): number => {
  if (change.kind === 'sysctl') return 0;
  if (change.kind === 'rule') return change.op === 'add' ? 4 : 5;
  if (change.kind === 'nft') return 8;
  if (change.kind === 'qdisc') return 9;
  const { route, op } = change;
  const own = route.destination === 'default' && route.metric === METRIC.own && route.table !== tableBase;
  if (op === 'delete') return own ? 7 : 6;
  if (own) return 1;
  return route.table === tableBase ? 2 : 3;
};
