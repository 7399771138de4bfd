/** What the targets of a line say together: that of the needed best of them, so that a bad one does not make it bad. */
import type { Measured } from '../model.ts';
import { answersNeeded } from './damping.ts';
import type { Line } from './state.ts';
import { ENOUGH, lossOver, type TargetState } from './target.ts';
import type { Summary } from './window.ts';

/** The targets that count for or against the line. */
export const knownTargets = ({ targets }: Pick<Line, 'targets'>): TargetState[] =>
  targets.filter(({ health }) => health !== 'unknown');

/** How many of them must answer. */
export const neededOf = (line: Line): number => Math.min(line.settings.needed, knownTargets(line).length);

/** Whether so many do. */
export const enoughAnswer = (line: Line): boolean => aliveOf(line).length >= neededOf(line);

const aliveOf = (line: Line): TargetState[] => line.targets.filter(({ health }) => health === 'alive');

/**
 * Each value of the needed best target, null where there is none. Of a dead target the round-trip times would be old
 * ones: it counts only where too few answer.
 */
const best = (line: Line, pick: (summary: Summary) => number | null): number | null => {
  const targets = enoughAnswer(line) ? aliveOf(line) : knownTargets(line);
  const values = targets.map(({ window }) => pick(window.summary)).filter((value) => value !== null);
  return values.sort((a, b) => a - b)[Math.min(neededOf(line), values.length) - 1] ?? null;
};

/** Loss, round-trip time and jitter of the line. */
export const measureLine = (line: Line): Measured => ({
  loss: best(line, ({ loss }) => loss),
  rtt: best(line, ({ rtt }) => rtt),
  jitter: best(line, ({ jitter }) => jitter),
});

/** Whether it loses or delays so much that it counts as dead. */
export const isUnbearable = (line: Line): boolean => {
  const { maxLoss, maxRtt } = line.settings;
  const loss = best(line, ({ asked, loss }) => (asked < ENOUGH ? 0 : loss));
  return (loss ?? 0) >= maxLoss / 100 || (maxRtt !== undefined && meanOf(line) >= maxRtt);
};

/** Whether it loses or delays so much that others come before it. */
export const isBad = (line: Line): boolean => {
  const { settings } = line;
  const loss = best(line, ({ asked, answered }) => lossOver(asked, answered, settings));
  return (loss ?? 0) >= settings.degradedLoss / 100 || meanOf(line) >= settings.degradedRtt;
};

/** The mean round-trip time, ms; of a target with few answers it proves nothing. */
const meanOf = (line: Line): number => best(line, ({ answered, rtt }) => (answered < ENOUGH ? 0 : rtt)) ?? 0;

/** Whether it is so far from bad that it is not expected to be bad again at once. */
export const isGood = (line: Line): boolean => {
  const { degradedLoss, degradedRtt, window, interval } = line.settings;
  const { loss, rtt } = measureLine(line);
  const isFull = (best(line, ({ asked }) => asked) ?? 0) >= Math.min(ENOUGH, Math.floor(window / interval));
  return isFull && (loss ?? 0) < degradedLoss / 200 && (rtt ?? 0) < degradedRtt * 0.8;
};

/** Answers that a dead line needs before it is used again, and how many of them have come. */
export const steadyAnswers = (line: Line): { readonly needed: number; readonly have: number } => {
  const needed = answersNeeded(line.deaths.count, patienceOf(line));
  const counts = knownTargets(line)
    .map(({ steady }) => steady)
    .sort((a, b) => b - a);
  return { needed, have: Math.min(needed, counts[neededOf(line) - 1] ?? 0) };
};

/** What says how long a line must wait. */
export const patienceOf = ({ settings: { upAfter, interval }, holdLimit }: Line) => ({
  upAfter,
  interval,
  holdLimit,
});
