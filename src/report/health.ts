import type { LineHealth, Measured, TargetHealth, Verdict } from '../model.ts';
import { milliseconds, percent } from './quantity.ts';

/** `status --json`, what the monitor found of an uplink's line. */
export interface HealthReport extends Measured {
  readonly health: LineHealth;
  /** Why it is not alive; empty when it is. */
  readonly reason: string;
  /** Seconds ago. */
  readonly since: number;
  /** How often it died lately: each time doubles how long it must answer before it is used again. */
  readonly flaps: number;
  readonly targets: readonly TargetHealth[];
}

/** `status --json`, the monitor itself. */
export interface MonitorReport {
  readonly pid: number;
  /** What it does not repair for now, and who may be changing it. */
  readonly left: readonly string[];
}

/** What is known of a line; null where no monitor runs, or it knows another link. `ago`: uptime to seconds ago. */
export const reportHealth = (
  verdict: Verdict | undefined,
  ago: (at: number) => number,
): HealthReport | null => {
  if (verdict === undefined) return null;
  const { health, reason, since, loss, rtt, jitter, flaps, targets } = verdict;
  return { health, reason, since: ago(since), loss, rtt, jitter, flaps, targets };
};

/** What there is to say of a line that has no column: `jitter 3 ms`, `flapped 3 times lately`. */
export const healthDetails = (health: HealthReport | null): string[] => [
  ...(typeof health?.jitter === 'number' ? [`jitter ${milliseconds(health.jitter)}`] : []),
  ...(health === null || health.flaps === 0 ? [] : [`flapped ${times(health.flaps)} lately`]),
];

const times = (number: number): string => (number === 1 ? 'once' : `${number} times`);

/** Every target of a line that is not well, and of others those that do not answer, each with what is known of it. */
export const targetLines = (health: HealthReport | null): string[] => {
  if (health === null) return [];
  const { targets } = health;
  const shown = health.health === 'alive' ? targets.filter((target) => target.health !== 'alive') : targets;
  return shown.map(({ target, health: state, reason, loss, rtt }) =>
    [
      `${target}: ${state}`,
      ...(reason === '' ? [] : [reason]),
      ...(loss === null || state === 'unknown' ? [] : [`loss ${percent(loss)}`]),
      ...(rtt === null ? [] : [milliseconds(rtt)]),
    ].join(', '),
  );
};

/** Whether somebody looks after the lines; nothing where that could not be seen. */
export const monitorLines = (
  monitor: MonitorReport | null | undefined,
  healths: readonly (HealthReport | null)[],
): string[] => {
  if (monitor === undefined) return [];
  if (monitor === null) return ['no monitor runs: lines that are up but dead are not noticed'];
  const targets = healths.reduce((sum, health) => sum + (health?.targets.length ?? 0), 0);
  return [`health checks: monitor ${monitor.pid}, ${targets} target${targets === 1 ? '' : 's'}`];
};
