import type { UplinkState } from '../../../src/model.ts';
import { sampleState, sampleUplink } from '../../helpers/samples.ts';

/** An uplink in few words. */
export type Line = readonly [tier: number, weight: number, status: UplinkState['status']];

/** Uplinks u1, u2, … with ids in this order. */
export const states = (...list: readonly Line[]): UplinkState[] =>
  list.map(([tier, weight, status], position) => {
    const uplink = sampleUplink({ id: position + 1, name: `u${position + 1}`, tier, weight });
    const use =
      status === 'vetoed' ? 'dead' : status === 'up' || status === 'no-carrier' ? 'working' : 'gone';
    return sampleState({ uplink, status, use });
  });
