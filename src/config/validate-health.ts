/** How the values of health checks fit together. Pure. */
import type { HealthValues } from './health-schema.ts';

/** Two keys whose values do not fit. */
export interface Misfit {
  readonly keys: readonly [HealthKey, HealthKey];
  readonly reason: string;
  readonly remedy: string;
}

export type HealthKey = keyof HealthValues;

/** As far as they are valid alone; what is missing is skipped. */
type Values = Partial<HealthValues>;

/** Loss over fewer probes is chance. */
const LEAST_IN_WINDOW = 10;

/** Everything that does not fit. */
export const misfits = (values: Values): Misfit[] =>
  [neededMisfit, windowMisfit, lossMisfit, rttMisfit].flatMap((misfit) => misfit(values) ?? []);

const neededMisfit = ({ needed = 1, targets }: Values): Misfit | undefined => {
  if (targets === undefined || needed <= Math.max(1, targets.length)) return undefined;
  const only = ['only the gateway is asked', 'there is only one'][targets.length];
  return {
    keys: ['needed', 'targets'],
    reason: `${needed} targets cannot answer, because ${only ?? `there are only ${targets.length}`}`,
    remedy: `write needed = ${Math.max(1, targets.length)}, or more targets`,
  };
};

const windowMisfit = ({ window, interval }: Values): Misfit | undefined => {
  if (window === undefined || interval === undefined || window >= LEAST_IN_WINDOW * interval)
    return undefined;
  return {
    keys: ['window', 'interval'],
    reason: `a window of ${window} s has less than ${LEAST_IN_WINDOW} probes at intervals of ${interval} s`,
    remedy: `write window = ${Math.ceil(LEAST_IN_WINDOW * interval)}, or a shorter interval`,
  };
};

const lossMisfit = (values: Values): Misfit | undefined => {
  const { 'max-loss': max, 'degraded-loss': degraded } = values;
  if (max === undefined || degraded === undefined || degraded <= max) return undefined;
  return {
    keys: ['max-loss', 'degraded-loss'],
    reason: `a line that is dead at ${max} % cannot be degraded at ${degraded} %`,
    remedy: `write degraded-loss = ${max} or less`,
  };
};

const rttMisfit = (values: Values): Misfit | undefined => {
  const { 'max-rtt': max, 'degraded-rtt': degraded } = values;
  if (max === undefined || degraded === undefined || degraded < max) return undefined;
  return {
    keys: ['max-rtt', 'degraded-rtt'],
    reason: `a line that is dead at ${max} ms cannot be degraded at ${degraded} ms`,
    remedy: `write degraded-rtt = ${Math.ceil(max / 2)}, for instance`,
  };
};
