/** From the state of the targets to that of the line: when it changes, and what a change starts. */
import type { LineHealth } from '../model.ts';
import { answersNeeded, relax, strike } from './damping.ts';
import {
  enoughAnswer,
  isBad,
  isGood,
  isUnbearable,
  knownTargets,
  patienceOf,
  steadyAnswers,
} from './measure.ts';
import type { Line } from './state.ts';
import { resultsSince } from './window.ts';

/** The line as it is to be judged at `now`, seconds of uptime. */
export const judge = (line: Line, now: number): Line => {
  const seen = knownTargets(line).length > 0 ? now : line.seen;
  const current = { ...line, now, seen, ...dampingsOf(line, now) };
  return line.health === 'dead' ? judgeDead(current) : judgeUsed(current);
};

const dampingsOf = (
  { deaths, dips, health, holdLimit }: Line,
  now: number,
): Pick<Line, 'deaths' | 'dips'> => ({
  deaths: relax(deaths, health !== 'dead', now, holdLimit),
  dips: relax(dips, health !== 'dead' && health !== 'degraded', now, holdLimit),
});

/** A dead line is used again after steady answers; or when nothing has been heard of any target for too long. */
const judgeDead = (line: Line): Line => {
  if (line.now - line.seen >= line.holdLimit) return turn(line, 'unknown');
  const { needed, have } = steadyAnswers(line);
  if (have < needed) return line;
  const back = sinceSteady(line);
  return isUnbearable(back) ? line : turn(back, isBad(back) ? 'degraded' : 'alive');
};

/** The line without what its targets had to say before they began to answer steadily. */
export const sinceSteady = (line: Line): Line => ({
  ...line,
  targets: line.targets.map((target) =>
    target.steady === 0 ? target : { ...target, window: resultsSince(target.window, target.steadySince) },
  ),
});

const judgeUsed = (line: Line): Line => {
  if (knownTargets(line).length === 0 && line.targets.some(({ heard }) => heard === 'nothing')) return line;
  const health = healthOf(line);
  return health === line.health ? line : turn(line, health);
};

const healthOf = (line: Line): LineHealth => {
  const isBlind = knownTargets(line).length === 0;
  if (!isBlind && (!enoughAnswer(line) || isUnbearable(line))) return 'dead';
  if (line.health === 'degraded' && (heldFor(line) > 0 || !isGood(line))) return 'degraded';
  if (isBlind) return 'unknown';
  return isBad(line) ? 'degraded' : 'alive';
};

/** Seconds for which a degraded line stays it, whatever is measured. */
export const heldFor = (line: Line): number => {
  const patience = patienceOf(line);
  return line.since + answersNeeded(line.dips.count, patience) * patience.interval - line.now;
};

const turn = (line: Line, health: LineHealth): Line => {
  const turned = { ...line, health, since: line.now };
  if (health === 'degraded') return { ...turned, dips: strike(line.dips, line.now, patienceOf(line)) };
  if (health !== 'dead') return turned;
  return {
    ...turned,
    deaths: strike(line.deaths, line.now, patienceOf(line)),
    targets: line.targets.map((target) => ({ ...target, steady: 0 })),
  };
};
