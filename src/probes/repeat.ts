import { uptime } from './clock.ts';
import type { Probing, Running } from './probing.ts';

/** How one probe ended. `unknown` is told where our own side is at fault. Milliseconds. */
export type Finding = { readonly rtt: number } | { readonly cause?: string } | { readonly unknown: string };

/** So often in a row our own side is at fault before that is told; the first may be an accident. */
const TROUBLE = 2;

/** Starts one probe, which calls `done` once at most; the answer ends it before. */
export type OneProbe = (done: (finding: Finding) => void) => () => void;

/**
 * Probes again and again, one probe at a time: each needs a process of its own, and a silent line must not collect
 * them. The next begins an interval after the last began, or at its end if that is later.
 */
export const repeat = ({ order, onResult, onUnknown }: Probing, probe: OneProbe): Running => {
  const { interval, timeout } = order;
  let cancel = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let unknown = 0;

  const next = (): void => {
    const began = performance.now();
    const sent = uptime();
    let over = false;
    const done = (finding: Finding): void => {
      if (over || stopped) return;
      over = true;
      cancel();
      clearTimeout(timer);
      timer = setTimeout(next, Math.max(0, 1000 * interval - (performance.now() - began)));
      tell(finding, sent);
    };
    cancel = probe(done);
    // What arrived while we did not run is read before the probe has failed: timers come before reading.
    timer = setTimeout(() => setImmediate(done, {}), 1000 * timeout);
  };
  const tell = (finding: Finding, sent: number): void => {
    const at = uptime();
    unknown = 'unknown' in finding ? unknown + 1 : 0;
    if ('unknown' in finding) {
      if (unknown >= TROUBLE) onUnknown(finding.unknown);
    } else if (!('rtt' in finding)) onResult({ sent, at, ...finding });
    else onResult({ sent, at, rtt: Math.min(finding.rtt, 1000 * timeout) });
  };

  next();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      cancel();
    },
  };
};
