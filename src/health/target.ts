/** What results say of one target. */
import type { Health, TargetHealth } from '../model.ts';
import type { ProbeResult } from './result.ts';
import { addToWindow, NO_RESULTS, type Window } from './window.ts';

/** Immutable state of one target. Times are seconds of uptime. */
export interface TargetState {
  /** As written in the configuration. */
  readonly target: string;
  readonly health: TargetHealth['health'];
  /** Why it is unknown, or what its last failure said; empty where nothing is known. */
  readonly cause: string;
  /** What was heard of it last: nothing yet, a result, or why there is none. */
  readonly heard: 'nothing' | 'result' | 'excuse';
  /** Whether its silence means anything. */
  readonly isProved: boolean;
  /** Failures in a row. */
  readonly failures: number;
  /** Answers since the target or its line died, each failure among them taking two away. */
  readonly steady: number;
  /** When the first of them was asked for. */
  readonly steadySince: number;
  /** When the last probe that was answered had been sent. */
  readonly answered: number;
  readonly window: Window;
}

/** A target of which nothing is known but that it was dead, if it was. */
export const startTarget = (target: string, isProved: boolean, wasDead: boolean): TargetState => ({
  target,
  health: wasDead ? 'dead' : 'unknown',
  cause: '',
  heard: 'nothing',
  isProved,
  failures: 0,
  steady: 0,
  steadySince: 0,
  answered: 0,
  window: NO_RESULTS,
});

/** Answers that a failure among them costs. */
const PENALTY = 2;

/** Results without which nothing is said of loss and round-trip times. */
export const ENOUGH = 10;

/** The target after a result of its own. */
export const takeResult = (state: TargetState, result: ProbeResult, health: Health): TargetState =>
  result.rtt === undefined ? takeFailure(state, result, health) : takeAnswer(state, result, health);

const takeAnswer = (state: TargetState, { sent, rtt }: ProbeResult, health: Health): TargetState => {
  const steady = state.steady + 1;
  return {
    ...state,
    health: state.health === 'dead' && steady < health.upAfter ? 'dead' : 'alive',
    cause: '',
    heard: 'result',
    isProved: true,
    failures: 0,
    steady,
    steadySince: state.steady === 0 ? sent : state.steadySince,
    answered: Math.max(state.answered, sent),
    window: addToWindow(state.window, sent, rtt, health.window),
  };
};

/** A probe is given up later than the next ones are answered: it tells of the time when it was sent. */
const takeFailure = (state: TargetState, { sent, cause = '' }: ProbeResult, health: Health): TargetState => {
  if (!state.isProved) return { ...state, cause, heard: 'result' };
  const failures = sent < state.answered ? state.failures : state.failures + 1;
  const steady = sent < state.steadySince ? state.steady : Math.max(0, state.steady - PENALTY);
  const window = addToWindow(state.window, sent, undefined, health.window);
  const isDead = state.health === 'dead' || failures >= failuresNeeded(window, failures, health);
  return {
    ...state,
    health: isDead ? 'dead' : state.health,
    cause,
    heard: 'result',
    failures,
    steady: isDead && state.health !== 'dead' ? 0 : steady,
    window,
  };
};

/**
 * Failures in a row that make a target dead. Where many were lost before these, as many in a row are bound to come by
 * chance every few minutes, and such a line is degraded already: twice as many are needed.
 */
const failuresNeeded = ({ summary }: Window, failures: number, health: Health): number => {
  const { asked, answered } = summary;
  const isLossy = lossOver(asked - failures, answered, health) >= health.degradedLoss / 100;
  return isLossy ? 2 * health.downAfter : health.downAfter;
};

/**
 * Loss over a whole window, 0..1. What it has no room for yet counts as answered: one lost probe of the first ten is no
 * loss of ten percent.
 */
export const lossOver = (asked: number, answered: number, { window, interval }: Health): number =>
  Math.max(0, asked - answered) / Math.max(asked, window / interval, ENOUGH);

/** Nothing can be said of the target, for this reason. */
export const withoutKnowledge = (state: TargetState, cause: string): TargetState => ({
  ...startTarget(state.target, state.isProved, false),
  cause,
  heard: 'excuse',
});
