import type { Settings, UplinkState } from '../model.ts';
import { byFailover } from '../ruleset/pools.ts';

/** Whether traffic takes an uplink now. A line without carrier stays in the routes, but the kernel passes it by. */
export const carries = ({ use, status }: UplinkState): boolean => use === 'working' && status === 'up';

/** Which of these carries alone in failover. */
export const firstOf = (states: readonly UplinkState[]): UplinkState | undefined =>
  [...states].sort((a, b) => byFailover(a.uplink, b.uplink))[0];

/** The share, 0..1, of an uplink of the new connections that no policy takes: by weight in the best tier that carries. */
export const shareOf = (
  state: UplinkState,
  states: readonly UplinkState[],
  balance: Settings['balance'],
): number => {
  const carrying = states.filter(carries);
  const first = firstOf(carrying);
  const members = carrying.filter(({ uplink }) => uplink.tier === first?.uplink.tier);
  if (!members.includes(state)) return 0;
  if (balance === 'failover') return state === first ? 1 : 0;
  return state.uplink.weight / members.reduce((sum, { uplink }) => sum + uplink.weight, 0);
};
