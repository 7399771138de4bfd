/** Pure: what had to be made again though nobody asked for anything else, and what is left to whoever undoes it. */
import { routeKey } from '../kernel/route.ts';
import type { Change, Desired, Observed } from '../model.ts';
import { keyOfChange, wishesOf, wishOfChange } from './wishes.ts';

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
  /** Since it was left alone, a look has found it otherwise: our last repair was undone too. */
  readonly isUndone?: true;
  /** The last look found it as it should be. */
  readonly isRight?: boolean;
  /** When somebody else had made it as it should be, and all before that was forgotten. */
  readonly settled?: number;
}

/** By the key of the thing (`keyOfChange`). */
export type Repairs = ReadonlyMap<string, Repair>;

export const NO_REPAIRS: Repairs = new Map();

/** What a run has seen of what it did not change. */
export interface Seen {
  /** Changes that were due, and not made (`isLeft`). */
  readonly left: readonly Change[];
  readonly observed: Observed;
  /** It has looked at the rules of the ruleset; else it believed that they are as they were loaded. */
  readonly thorough: boolean;
}

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
  seen: Seen,
): { readonly repairs: Repairs; readonly given: readonly string[] } => {
  if (repairs.size === 0 && done.length === 0) return { repairs, given: [] };
  const wishes = wishesOf(desired);
  const earlier = before === undefined ? undefined : wishesOf(before);
  const noted = new Map<string, Repair>();
  const changed = new Set(done.map(keyOfChange));
  const left = new Set(seen.left.map(keyOfChange));
  for (const [key, repair] of repairs) {
    if (repair.wish !== wishes.get(key) || isForgotten(repair, now)) continue;
    if (repair.until === undefined || changed.has(key)) noted.set(key, repair);
    else if (left.has(key)) noted.set(key, { ...repair, isUndone: true, isRight: false });
    else if (isRight(repair, seen)) noted.set(key, settle(repair, now));
    else noted.set(key, repair);
  }
  const given: string[] = [];
  // A thing may take several changes: the last of them stands for it.
  for (const [key, change] of new Map(done.map((change) => [keyOfChange(change), change]))) {
    const wish = wishes.get(key);
    if (earlier === undefined || earlier.get(key) !== wish) continue;
    const { times = [], until = 0, settled } = noted.get(key) ?? {};
    if (until > now) continue;
    const recent = [...times.filter((time) => now - time < WINDOW), now];
    const isGiven = recent.length >= MOST_REPAIRS;
    if (isGiven) given.push(key);
    noted.set(key, {
      change,
      wish,
      times: recent,
      ...(isGiven ? { until: now + LEFT } : {}),
      ...(settled === undefined ? {} : { settled }),
    });
  }
  return { repairs: noted, given };
};

/** What was given up is forgotten when its time is over, to be repaired again; anything else after the window. */
const isForgotten = ({ times, until, settled }: Repair, now: number): boolean =>
  until === undefined
    ? [...times, settled ?? now - WINDOW].every((time) => now - time >= WINDOW)
    : until <= now;

/**
 * Whether the thing is as it should be, given that no change was due. None is due either where somebody else's route has
 * its place, or where its tool could not be asked.
 */
const isRight = ({ change, wish }: Repair, { observed, thorough }: Seen): boolean => {
  switch (change.kind) {
    case 'route': {
      const { route } = change;
      const key = routeKey(route);
      return (
        wish === undefined ||
        observed.routes.some((one) => routeKey(one) === key && one.protocol === route.protocol)
      );
    }
    case 'qdisc':
      return observed.qdiscs !== undefined;
    case 'nft':
      return thorough && observed.nft !== undefined;
    default:
      return true;
  }
};

/**
 * A thing that was left alone and is as it should be again. If our last repair was undone too, then somebody else has made
 * it, as an operator does by `apply`: all is forgotten, but no more than once in a window, because one who takes it away
 * and puts it back again and again would have us join in. So it is when our last repair has lasted for a window.
 */
const settle = (repair: Repair, now: number): Repair => {
  const { change, wish, times, settled } = repair;
  const isOver =
    now - (times.at(-1) ?? now) >= WINDOW ||
    (repair.isUndone === true && (settled === undefined || now - settled >= WINDOW));
  return isOver ? { change, wish, times: [], settled: now } : { ...repair, isRight: true };
};

/**
 * Whether a change is not to be made now. One to something else than what was undone is made: nobody has undone that
 * yet. A qdisc tree is left as a whole, because a part of it would be worse than nothing; so is the ruleset, of which
 * every change says what is loaded at the end.
 */
export const isLeft = (repairs: Repairs, change: Change, now: number): boolean => {
  const repair = repairs.get(keyOfChange(change));
  if (repair?.until === undefined || repair.until <= now) return false;
  return change.kind === 'qdisc' || wishOfChange(change) === repair.wish;
};
