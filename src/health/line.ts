/** Judges one uplink's line by the results of its probes. */
import { GATEWAY_TARGET } from '../config/constants.ts';
import type { Health, Verdict } from '../model.ts';
import { mostCounted } from './damping.ts';
import { judge } from './judge.ts';
import { measureLine } from './measure.ts';
import { lineReason, targetReason } from './reason.ts';
import type { ProbeResult } from './result.ts';
import type { Line } from './state.ts';
import { startTarget, type TargetState, takeResult, withoutKnowledge } from './target.ts';
import { resultsSince } from './window.ts';

export type { Line } from './state.ts';

/**
 * A line of which nothing is known yet. `before`: what was found of it by an earlier monitor, or of the link before this
 * one: a dead line stays dead until it answers steadily, and it has died as often. `proved`: its gateway has answered
 * before, so that its silence means something. Times are seconds of uptime, also `holdLimit`.
 */
export const startLine = (
  settings: Health,
  holdLimit: number,
  now: number,
  before?: Verdict,
  proved = false,
): Line => {
  const isImplicit = settings.targets.length === 0;
  const names = isImplicit ? [GATEWAY_TARGET] : settings.targets.map(({ text }) => text);
  const flaps = Math.min(before?.flaps ?? 0, mostCounted({ ...settings, holdLimit }));
  return {
    settings,
    holdLimit,
    targets: names.map((name) => startTarget(name, !isImplicit || proved, wasDead(before, name))),
    isImplicit,
    health: before?.health ?? 'unknown',
    since: Math.min(before?.since ?? now, now),
    deaths: { count: flaps, calmSince: now },
    dips: { count: 0, calmSince: now },
    now,
    seen: now,
    forgiven: 0,
  };
};

const wasDead = (before: Verdict | undefined, name: string): boolean =>
  before?.health === 'dead' &&
  before.targets.some(({ target, health }) => target === name && health === 'dead');

/** The line after the result of a probe; one that was forgiven changes nothing. */
export const addResult = (line: Line, result: ProbeResult): Line =>
  result.sent < line.forgiven
    ? line
    : judge(
        withTarget(line, result.target, (target) => takeResult(target, result, line.settings)),
        Math.max(line.now, result.at),
      );

/** Nothing can be said of a target, for this reason: its name is not resolved, a tool is missing. */
export const setUnknown = (line: Line, target: string, reason: string): Line =>
  judge(
    withTarget(line, target, (state) => withoutKnowledge(state, reason)),
    line.now,
  );

const withTarget = (line: Line, name: string, change: (target: TargetState) => TargetState): Line => ({
  ...line,
  targets: line.targets.map((target) => (target.target === name ? change(target) : target)),
});

/** We slept, or were kept from running, until `now`: probes that were sent before then say nothing. */
export const forgive = (line: Line, now: number): Line => ({
  ...line,
  forgiven: Math.max(line.forgiven, now),
  targets: line.targets.map((target) => ({ ...target, failures: 0 })),
});

/** Time has passed: old results are forgotten, and old deaths. */
export const passTime = (line: Line, now: number): Line => {
  const time = Math.max(line.now, now);
  const targets = line.targets.map((target) => ({
    ...target,
    window: resultsSince(target.window, time - line.settings.window),
  }));
  return judge({ ...line, targets }, time);
};

/** Whether the gateway of a line without written targets has answered. */
export const isProved = ({ isImplicit, targets }: Line): boolean =>
  isImplicit && targets.every((target) => target.isProved);

/** What hooks and commands are told of the line, which is that of this link. */
export const verdictOf = (
  line: Line,
  link: { readonly id: number; readonly device: string; readonly index: number },
): Verdict => ({
  id: link.id,
  device: link.device,
  index: link.index,
  health: line.health,
  reason: lineReason(line),
  since: line.since,
  flaps: line.deaths.count,
  ...measureLine(line),
  targets: line.targets.map((target) => {
    const { loss, rtt, jitter } = target.window.summary;
    const { target: name, health } = target;
    return { target: name, health, reason: targetReason(target), loss, rtt, jitter };
  }),
});
