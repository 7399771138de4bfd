/** The results of one target over the last seconds: loss, round-trip time, jitter. */
import type { Measured } from '../model.ts';

/** Sums over results. */
interface Sums {
  readonly asked: number;
  readonly answered: number;
  /** Of the round-trip times, ms. */
  readonly rtt: number;
  /** Of the differences between a round-trip time and the one before it, ms; and how many there are. */
  readonly jitter: number;
  readonly pairs: number;
}

/** The sums of a short time that began at `from`, so that a window costs the same however many results it holds. */
interface Slice extends Sums {
  readonly from: number;
}

/** What a window holds in all: probes `asked`, those `answered`, and what was measured. */
export interface Summary extends Measured {
  readonly asked: number;
  readonly answered: number;
}

/** Immutable; times are seconds of uptime. */
export interface Window {
  readonly slices: readonly Slice[];
  readonly summary: Summary;
  /** The round-trip time that came last, ms. */
  readonly last?: number;
}

/** Slices of a window; its end is sharp to one of them. */
const SLICES = 60;

const NOTHING: Sums = { asked: 0, answered: 0, rtt: 0, jitter: 0, pairs: 0 };

/**
 * The window with one more result: `rtt` in ms, or undefined for a failure, of a probe sent at `sent`; what is more than
 * `seconds` older is left out. Failures come late: a result has its place by when its probe was sent.
 */
export const addToWindow = (
  window: Window,
  sent: number,
  rtt: number | undefined,
  seconds: number,
): Window => {
  const slices = slicesSince(window, sent - (seconds - seconds / SLICES));
  const place = slices.findLastIndex(({ from }) => from <= sent);
  const slice = slices[place];
  const result = sumsOf(rtt, window.last);
  const changed =
    slice !== undefined && sent < slice.from + seconds / SLICES
      ? slices.with(place, { from: slice.from, ...plus(slice, result) })
      : slices.toSpliced(place + 1, 0, { from: sent, ...result });
  return makeWindow(changed, rtt ?? window.last);
};

/** The window without what was sent before `from`; the same object if there is nothing of that. */
export const resultsSince = (window: Window, from: number): Window => {
  const slices = slicesSince(window, from);
  return slices.length === window.slices.length ? window : makeWindow(slices, window.last);
};

const slicesSince = ({ slices }: Window, from: number): Slice[] =>
  slices.filter((slice) => slice.from >= from);

const sumsOf = (rtt: number | undefined, last: number | undefined): Sums => {
  if (rtt === undefined) return { ...NOTHING, asked: 1 };
  const pair = last === undefined ? {} : { jitter: Math.abs(rtt - last), pairs: 1 };
  return { ...NOTHING, asked: 1, answered: 1, rtt, ...pair };
};

const plus = (a: Sums, b: Sums): Sums => ({
  asked: a.asked + b.asked,
  answered: a.answered + b.answered,
  rtt: a.rtt + b.rtt,
  jitter: a.jitter + b.jitter,
  pairs: a.pairs + b.pairs,
});

/** Summed up once, because several questions are asked of a window after each result. */
const makeWindow = (slices: readonly Slice[], last: number | undefined): Window => ({
  slices,
  summary: summarize(slices.reduce<Sums>(plus, NOTHING)),
  ...(last === undefined ? {} : { last }),
});

const summarize = ({ asked, answered, rtt, jitter, pairs }: Sums): Summary => ({
  asked,
  answered,
  loss: asked === 0 ? null : (asked - answered) / asked,
  rtt: answered === 0 ? null : rtt / answered,
  jitter: pairs === 0 ? null : jitter / pairs,
});

export const NO_RESULTS: Window = makeWindow([], undefined);
