import type { UplinkState } from '../../../src/model.ts';
import { sampleState, sampleUplink } from '../../helpers/samples.ts';

/** An uplink in few words. */
export type Line = readonly [tier: number, weight: number, status: UplinkState['status']];

/** What follows from a status; of a dead line, unless it is kept. */
const USE: Partial<Record<UplinkState['status'], UplinkState['use']>> = {
  up: 'working',
  degraded: 'working',
  'no-carrier': 'working',
  draining: 'draining',
  vetoed: 'dead',
  disabled: 'dead',
  dead: 'dead',
};

/** Uplinks u1, u2, … with ids in this order. */
export const states = (...list: readonly Line[]): UplinkState[] =>
  list.map(([tier, weight, status], position) => {
    const uplink = sampleUplink({ id: position + 1, name: `u${position + 1}`, tier, weight });
    const deferred = status === 'degraded' ? ({ deferred: true } as const) : {};
    return sampleState({ uplink, status, use: USE[status] ?? 'gone', ...deferred });
  });
