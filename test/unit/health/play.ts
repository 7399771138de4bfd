/** Lines and what happens to their probes, in few words. */
import { defaultHealth } from '../../../src/config/health.ts';
import { addResult, type Line, startLine, verdictOf } from '../../../src/health/line.ts';
import type { Health, Target, Verdict } from '../../../src/model.ts';

export const LINK = { id: 1, device: 'eth1', index: 11 };

/** The default of the setting hold-limit, seconds. */
export const HOLD_LIMIT = 300;

/** The two targets that most tests have. */
export const FIRST = '192.0.2.1';
export const SECOND = '9.9.9.9';

const targetOf = (text: string): Target => ({ text, kind: 'ping', host: text });

/** Defaults, but these fields; targets as their texts. */
export const sampleHealth = (fields: Partial<Health> = {}, ...targets: readonly string[]): Health => ({
  ...defaultHealth(),
  targets: targets.map(targetOf),
  ...fields,
});

/** A line with one target and the defaults but these fields, at second 0. */
export const sampleLine = (fields: Partial<Health> = {}): Line =>
  startLine(sampleHealth(fields, FIRST), HOLD_LIMIT, 0);

export const verdict = (line: Line): Verdict => verdictOf(line, LINK);

/** Seconds from the sending of a probe to its end: the default of the timeout. */
const TIMEOUT = 1;

/** How the probes that are sent at one moment fare: `.` is answered after 20 ms, `o` after 800 ms, `x` is not. */
const ROUND_TRIPS: Readonly<Record<string, number>> = { '.': 20, o: 800 };

/** When a probe of which this becomes has its result, seconds after it was sent. */
export const delayOf = (fate: string): number => {
  const rtt = ROUND_TRIPS[fate];
  return rtt === undefined ? TIMEOUT : rtt / 1000;
};

/** The line after one probe, sent at this second. */
export const probe = (line: Line, sent: number, fate: string, target = FIRST, cause = ''): Line => {
  const rtt = ROUND_TRIPS[fate];
  const result = { target, sent, at: sent + delayOf(fate) };
  return addResult(
    line,
    rtt === undefined ? { ...result, ...(cause === '' ? {} : { cause }) } : { ...result, rtt },
  );
};

/** The lines after each result of the probes that are sent one interval after another from `from` on, in order. */
export const history = (line: Line, from: number, fates: string, target = FIRST): readonly Line[] => {
  const results = [...fates].map((fate, place) => ({ fate, sent: from + place * line.settings.interval }));
  const end = ({ sent, fate }: { readonly sent: number; readonly fate: string }) => sent + delayOf(fate);
  const lines: Line[] = [];
  for (const { sent, fate } of results.sort((a, b) => end(a) - end(b)))
    lines.push(probe(lines.at(-1) ?? line, sent, fate, target));
  return lines;
};

/** The line after the last of them. */
export const play = (line: Line, from: number, fates: string, target = FIRST): Line =>
  history(line, from, fates, target).at(-1) ?? line;
