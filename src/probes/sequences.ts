import { uptime } from './clock.ts';
import type { PingEvent } from './ping-text.ts';
import type { ProbeOrder, Probing } from './probing.ts';

/**
 * How many failed sequence numbers are remembered: an answer that comes after its probe has failed must not count.
 * Nothing is remembered of those that were answered in time.
 */
const REMEMBERED = 128;

/** What is known of the probes of one ping. */
export interface Sequences {
  /** Takes what ping said at `now`, seconds of uptime. */
  readonly take: (event: PingEvent, now: number) => void;
  /** The next event is that of another ping: whatever is open will not be answered, and has not failed. */
  readonly forget: () => void;
}

/**
 * Makes results of what ping says, one of each probe and in the order of their sending. Its clock measures; our timer
 * is asked only about what has no answer when the next probe is sent.
 */
export const followSequences = (
  { interval, timeout }: Pick<ProbeOrder, 'interval' | 'timeout'>,
  onResult: Probing['onResult'],
): Sequences => {
  const failed = new Set<number>();
  const pending = new Map<number, { readonly sent: number; readonly timer: NodeJS.Timeout }>();

  /**
   * An answer from before the next probe, or from before our own timer, came in time if that is early enough, whatever
   * ping says: its clock may have been set meanwhile.
   */
  const onAnswer = (sequence: number, rtt: number, now: number): void => {
    const longest = pending.has(sequence) ? timeout : interval;
    if (rtt > timeout * 1000 && longest > timeout) {
      fail(sequence, now - Math.min(rtt / 1000, longest), now);
      return;
    }
    settle(sequence);
    failOlder(now);
    const believed = Math.min(rtt, 1000 * Math.min(longest, timeout));
    onResult({ sent: now - believed / 1000, at: now, rtt: believed });
  };

  /** Probes do not overtake each other by whole intervals: those sent before one that is answered are lost. */
  const failOlder = (now: number): void => {
    for (const [sequence, { sent }] of [...pending]) fail(sequence, sent, now);
  };

  const onMissing = (sequence: number, now: number): void => {
    if (timeout <= interval) fail(sequence, now - interval, now);
    else {
      const timer = setTimeout(expire, 1000 * (timeout - interval), sequence);
      pending.set(sequence, { sent: now - interval, timer });
    }
  };

  // An answer that arrived while we did not run is read before its probe has failed: timers come before reading.
  const expire = (sequence: number): void => {
    setImmediate(() => {
      const probe = pending.get(sequence);
      if (probe !== undefined) fail(sequence, probe.sent, uptime());
    });
  };

  const fail = (sequence: number, sent: number, at: number, cause?: string): void => {
    settle(sequence);
    failed.add(sequence);
    const [oldest] = failed;
    if (failed.size > REMEMBERED && oldest !== undefined) failed.delete(oldest);
    onResult({ sent, at, ...(cause === undefined ? {} : { cause }) });
  };

  const settle = (sequence: number): void => {
    clearTimeout(pending.get(sequence)?.timer);
    pending.delete(sequence);
  };

  return {
    take: (event, now) => {
      // Numbers begin again: those that failed before are others.
      if (event.sequence === 0) failed.clear();
      if (failed.has(event.sequence)) return;
      if (event.kind === 'answer') onAnswer(event.sequence, event.rtt, now);
      else if (event.kind === 'refused')
        fail(event.sequence, pending.get(event.sequence)?.sent ?? now, now, event.cause);
      else onMissing(event.sequence, now);
    },
    forget: () => {
      for (const sequence of [...pending.keys()]) settle(sequence);
      failed.clear();
    },
  };
};
