/** Pure: what had to be made again though nobody asked for anything else, and what is left to whoever undoes it. */
import { renderQdisc } from '../kernel/qdisc.ts';
import { renderRoute, routeKey } from '../kernel/route.ts';
import { ruleKey } from '../kernel/rule.ts';
import { sysctlKey } from '../kernel/sysctl.ts';
import type { Change, Desired } from '../model.ts';
import { markerOf } from '../ruleset/marker.ts';

export { describeLeft } from './left.ts';

/** Seconds in which repairs of one thing count together, how many of them are made, and how long it is left then. */
export const WINDOW = 60;
export const MOST_REPAIRS = 3;
export const LEFT = 300;

/** One thing that had to be repaired. Times are seconds of /proc/uptime. */
export interface Repair {
  /** The last change that repaired it. */
  readonly change: Change;
  /** What is wanted there, as text; undefined: nothing. */
  readonly wish: string | undefined;
  readonly times: readonly number[];
  /** It is left alone until then. */
  readonly until?: number;
}

/** By the key of the thing (`keyOfChange`). */
export type Repairs = ReadonlyMap<string, Repair>;

export const NO_REPAIRS: Repairs = new Map();

/**
 * What is known after a run that made these changes. `before` is what was desired at the run before, undefined where
 * that is not known; a change that another desire asks for is no repair, and ends what was counted for the old one.
 */
export const noteRepairs = (
  repairs: Repairs,
  done: readonly Change[],
  before: Desired | undefined,
  desired: Desired,
  now: number,
): { readonly repairs: Repairs; readonly given: readonly string[] } => {
  if (repairs.size === 0 && done.length === 0) return { repairs, given: [] };
  const wishes = wishesOf(desired);
  const earlier = before === undefined ? undefined : wishesOf(before);
  const noted = new Map<string, Repair>();
  for (const [key, repair] of repairs)
    if (repair.wish === wishes.get(key) && !isForgotten(repair, now)) noted.set(key, repair);
  const given: string[] = [];
  // A thing may take several changes: the last of them stands for it.
  for (const [key, change] of new Map(done.map((change) => [keyOfChange(change), change]))) {
    const wish = wishes.get(key);
    if (earlier === undefined || earlier.get(key) !== wish) continue;
    const { times = [], until = 0 } = noted.get(key) ?? {};
    if (until > now) continue;
    const recent = [...times.filter((time) => now - time < WINDOW), now];
    const isGiven = recent.length >= MOST_REPAIRS;
    if (isGiven) given.push(key);
    noted.set(key, { change, wish, times: recent, ...(isGiven ? { until: now + LEFT } : {}) });
  }
  return { repairs: noted, given };
};

/** What was given up is forgotten when its time is over, to be repaired again; anything else after the window. */
const isForgotten = ({ times, until }: Repair, now: number): boolean =>
  until === undefined ? times.every((time) => now - time >= WINDOW) : until <= now;

/**
 * Whether a change is not to be made now. One to something else than what was undone is made: nobody has undone that
 * yet. A qdisc tree and the ruleset are left as a whole, because a part of them would be worse than nothing.
 */
export const isLeft = (repairs: Repairs, change: Change, now: number): boolean => {
  const repair = repairs.get(keyOfChange(change));
  if (repair?.until === undefined || repair.until <= now) return false;
  switch (change.kind) {
    case 'qdisc':
      return true;
    case 'nft':
      return (
        change.op !== 'update' || change.ruleset === undefined || markerOf(change.ruleset) === repair.wish
      );
    default:
      return wishOfChange(change) === repair.wish;
  }
};

/** What a change is about, in words that two different things never share. A qdisc stands for its device's whole tree. */
export const keyOfChange = (change: Change): string => {
  switch (change.kind) {
    case 'sysctl':
      return `sysctl ${sysctlKey(change.sysctl)}`;
    case 'route':
      return change.op === 'delete' && change.exact
        ? `duplicate ${renderRoute(change.route)}`
        : `route ${routeKey(change.route)}`;
    case 'rule':
      return `rule ${ruleKey(change.rule)}`;
    case 'qdisc':
      return `qdisc ${change.qdisc.device}`;
    case 'nft':
      return 'nft';
  }
};

const wishOfChange = (change: Exclude<Change, { kind: 'qdisc' | 'nft' }>): string | undefined => {
  if (change.kind === 'sysctl') return String(change.sysctl.value);
  if (change.op === 'delete') return undefined;
  return change.kind === 'route' ? renderRoute(change.route) : ruleKey(change.rule);
};

/** All that is desired: its value by its key, as `keyOfChange` and `wishOfChange` have them for a change. */
const wishesOf = ({ routes, rules, qdiscs, sysctls, nft }: Desired): ReadonlyMap<string, string> => {
  const wishes = new Map<string, string>();
  const wish = (change: Exclude<Change, { kind: 'qdisc' | 'nft' }>): void => {
    wishes.set(keyOfChange(change), wishOfChange(change) ?? '');
  };
  for (const route of routes) wish({ kind: 'route', op: 'add', route });
  for (const rule of rules) wish({ kind: 'rule', op: 'add', rule });
  for (const sysctl of sysctls) wish({ kind: 'sysctl', op: 'write', sysctl });
  for (const qdisc of qdiscs) {
    const key = keyOfChange({ kind: 'qdisc', op: 'replace', qdisc });
    wishes.set(key, `${wishes.get(key) ?? ''}${renderQdisc(qdisc)}\n`);
  }
  if (nft !== undefined) wishes.set('nft', markerOf(nft));
  return wishes;
};
