/** Why a line or a target is judged as it is, for people. */
import type { Measured } from '../model.ts';
import { percent } from '../report/quantity.ts';
import { heldFor, sinceSteady } from './judge.ts';
import {
  enoughAnswer,
  isBad,
  isUnbearable,
  knownTargets,
  measureLine,
  neededOf,
  steadyAnswers,
} from './measure.ts';
import type { Line } from './state.ts';
import type { TargetState } from './target.ts';

/** Fewer steady answers may be chance: a line that loses most would seem to answer again every other moment. */
const BELIEVED = 3;

/** Why the line is what it is; empty when it is alive. */
export const lineReason = (line: Line): string => {
  switch (line.health) {
    case 'alive':
      return '';
    case 'unknown':
      return knowledgeReason(line);
    case 'degraded':
      return degradedReason(line);
    case 'dead':
      return deadReason(line);
  }
};

/** Why the target is not alive; empty when it is. */
export const targetReason = (target: TargetState): string => {
  switch (target.health) {
    case 'alive':
      return '';
    case 'unknown':
      return unknownReason(target);
    case 'dead':
      return target.steady >= BELIEVED ? 'answers again' : target.cause || 'no answer';
  }
};

const unknownReason = ({ heard, isProved, cause }: TargetState): string => {
  if (heard === 'nothing') return 'no result yet';
  if (heard === 'excuse' || isProved) return cause;
  const said = cause === '' ? '' : ` (${cause})`;
  return `has never answered${said}, so its silence proves nothing; set targets in [health]`;
};

const knowledgeReason = ({ targets }: Line): string =>
  targets.every(({ heard }) => heard === 'nothing')
    ? 'no result yet'
    : targets.map((target) => `${target.target}: ${unknownReason(target)}`).join('; ');

const degradedReason = (line: Line): string => {
  const measured = measuredReason(line, measureLine(line));
  const seconds = Math.ceil(heldFor(line));
  if (isBad(line) || seconds <= 0) return measured;
  return `${measured} now; counts as degraded for ${seconds} s more${timesReason('was degraded', line.dips.count)}`;
};

/** The one of loss and round-trip time that is worse, measured by what is allowed. */
const measuredReason = ({ settings }: Line, { loss, rtt }: Measured): string => {
  const isSlow = (rtt ?? 0) / settings.degradedRtt > ((loss ?? 0) * 100) / settings.degradedLoss;
  return isSlow ? `round trip ${Math.round(rtt ?? 0)} ms` : `loss ${percent(loss)}`;
};

const deadReason = (line: Line): string => {
  if (knownTargets(line).length === 0) return `was dead, and nothing is known now: ${knowledgeReason(line)}`;
  const { needed, have } = steadyAnswers(line);
  const silent = line.targets.filter(({ health, steady }) => health === 'dead' && steady < BELIEVED);
  if (have < BELIEVED && !enoughAnswer(line) && silent.length > 0) return silenceReason(line, silent);
  const lately = sinceSteady(line);
  if (isUnbearable(lately)) return measuredReason(line, measureLine(lately));
  if (have < BELIEVED && isBad(line)) return measuredReason(line, measureLine(line));
  const { interval } = line.settings;
  const wait = `${Math.ceil(needed * interval)} s of steady answers, ${Math.floor(have * interval)} s so far`;
  return `answers again; back in use after ${wait}${timesReason('died', line.deaths.count)}`;
};

const timesReason = (what: string, count: number): string =>
  count < 2 ? '' : ` (${what} ${count} times lately)`;

const silenceReason = (line: Line, silent: readonly TargetState[]): string => {
  const names = silent.map(({ target, cause }) => (cause === '' ? target : `${target} (${cause})`));
  const needed = neededOf(line);
  const rule = needed > 1 ? `, and ${needed} of ${knownTargets(line).length} targets must answer` : '';
  return `no answer from ${listOf(names)}${rule}`;
};

const listOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
