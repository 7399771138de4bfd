import { uptime } from './clock.ts';
import type { Probing, Running } from './probing.ts';

/** How one probe ended. `unknown` is told where our own side is at fault. Milliseconds. */
export type Finding = { readonly rtt: number } | { readonly cause?: string } | { readonly unknown: string };

/** So often in a row our own side is at fault before that is told; the first may be an accident. */
const TROUBLE = 2;

/** Starts one probe, which calls `done` once at most; the answer ends it before. */
export type OneProbe = (done: (finding: Finding) => void) => () => void;

/** Most probes that wait for their answer at a time: each needs a process, and a silent line must not collect them. */
const MOST_WAITING = 4;

/** Probes again and again, every `interval`, whether the one before has its answer or not; one that is too many waits its turn. */
export const repeat = ({ order, onResult, onUnknown }: Probing, probe: OneProbe): Running => {
  const { interval, timeout } = order;
  const waiting = new Set<() => void>();
  let stopped = false;
  let unknown = 0;

  const begin = (): void => {
    if (waiting.size >= MOST_WAITING) return;
    const sent = uptime();
    let cancel = (): void => {};
    const end = (): void => {
      waiting.delete(end);
      clearTimeout(timer);
      cancel();
    };
    const done = (finding: Finding): void => {
      if (stopped || !waiting.has(end)) return;
      end();
      tell(finding, sent);
    };
    waiting.add(end);
    // What arrived while we did not run is read before the probe has failed: timers come before reading.
    const timer = setTimeout(() => setImmediate(done, {}), 1000 * timeout);
    cancel = probe(done);
  };
  const tell = (finding: Finding, sent: number): void => {
    const at = uptime();
    unknown = 'unknown' in finding ? unknown + 1 : 0;
    if ('unknown' in finding) {
      if (unknown >= TROUBLE) onUnknown(finding.unknown);
    } else if (!('rtt' in finding)) onResult({ sent, at, ...finding });
    else onResult({ sent, at, rtt: Math.min(finding.rtt, 1000 * timeout) });
  };

  const clock = setInterval(begin, 1000 * interval);
  begin();
  return {
    stop: () => {
      stopped = true;
      clearInterval(clock);
      for (const end of [...waiting]) end();
    },
  };
};
