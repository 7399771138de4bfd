import { readUptime } from '../system/sysctl.ts';

/** Seconds for which the difference of the clocks is believed. */
const BELIEVED = 1;

let read = Number.NEGATIVE_INFINITY;
let ahead = 0;

/**
 * Seconds of uptime, as /proc/uptime has them. The file is read once a second and the process's own clock in between:
 * that stands still while the machine sleeps, so that for a second after a sleep this may still be the time before it.
 */
export const uptime = (): number => {
  const own = performance.now() / 1000;
  if (own - read >= BELIEVED) {
    ahead = readUptime() - own;
    read = own;
  }
  return own + ahead;
};
