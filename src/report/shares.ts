import type { Settings, UplinkState } from '../model.ts';
import { byFailover } from '../ruleset/pools.ts';

/**
 * Whether new connections take an uplink now. A line without carrier stays in the routes, but the kernel passes it by; a
 * dead one that works all the same is kept because no other is better.
 */
export const carries = ({ use, status }: UplinkState): boolean =>
  use === 'working' && status !== 'no-carrier';

/** Of these, the ones that new connections take: deferred ones only where there are no others. */
export const preferredOf = (states: readonly UplinkState[]): readonly UplinkState[] => {
  const better = states.filter(({ deferred }) => deferred !== true);
  return better.length > 0 ? better : states;
};

/** Which of these carries alone in failover. */
export const firstOf = (states: readonly UplinkState[]): UplinkState | undefined =>
  [...preferredOf(states)].sort((a, b) => byFailover(a.uplink, b.uplink))[0];

/** The share, 0..1, of an uplink of the new connections that no policy takes: by weight in the best tier that carries. */
export const shareOf = (
  state: UplinkState,
  states: readonly UplinkState[],
  balance: Settings['balance'],
): number => {
  const carrying = states.filter(carries);
  const best = Math.min(...carrying.map(({ uplink }) => uplink.tier));
  const members = preferredOf(carrying.filter(({ uplink }) => uplink.tier === best));
  if (!members.includes(state)) return 0;
  if (balance === 'failover') return state === firstOf(members) ? 1 : 0;
  return state.uplink.weight / members.reduce((sum, { uplink }) => sum + uplink.weight, 0);
};
