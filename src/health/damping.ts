/** What happens again and again lasts longer each time: twice as long, up to a limit, and calm makes it forgotten. */
import type { Health } from '../model.ts';

/** How often something happened lately. */
export interface Damping {
  readonly count: number;
  /** Since when it is calm, or since the last time that was taken from the count; seconds of uptime. */
  readonly calmSince: number;
}

/** Of [health] and [monitor], what says how long: seconds, but `upAfter`. */
export type Patience = Pick<Health, 'upAfter' | 'interval'> & { readonly holdLimit: number };

/** Answers that must come after it happened for the `count`th time. */
export const answersNeeded = (count: number, { upAfter, interval, holdLimit }: Patience): number =>
  Math.max(upAfter, Math.min(upAfter * 2 ** Math.max(0, count - 1), Math.floor(holdLimit / interval)));

/**
 * The count from which nothing lasts longer: it goes no higher, or a line that has flapped for hours would need hours
 * of calm before that shows.
 */
export const mostCounted = ({ upAfter, interval, holdLimit }: Patience): number =>
  1 + Math.max(0, Math.ceil(Math.log2(holdLimit / (upAfter * interval))));

/** It happened again. */
export const strike = ({ count }: Damping, now: number, patience: Patience): Damping => ({
  count: Math.min(count + 1, mostCounted(patience)),
  calmSince: now,
});

/** Time passed: each `holdLimit` seconds of calm take one away. While it is not calm, none begins. */
export const relax = (damping: Damping, isCalm: boolean, now: number, holdLimit: number): Damping => {
  if (damping.count === 0) return damping;
  if (!isCalm) return { ...damping, calmSince: now };
  const times = Math.floor((now - damping.calmSince) / holdLimit);
  return times < 1
    ? damping
    : { count: Math.max(0, damping.count - times), calmSince: damping.calmSince + times * holdLimit };
};
