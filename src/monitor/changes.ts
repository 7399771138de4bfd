/** What the monitor tells others, as values. Pure. */
import type { Settings, UplinkState, UplinkStatus } from '../model.ts';
import type { ChangeOfState } from '../notify/notify.ts';
import { shareOf } from '../report/shares.ts';

/** The uplinks whose state is another than `before`, by id; none the first time. `at`: ISO time, for people. */
export const changesOfState = (
  before: ReadonlyMap<number, UplinkStatus> | undefined,
  states: readonly UplinkState[],
  balance: Settings['balance'],
  at: string,
): ChangeOfState[] => {
  if (before === undefined) return [];
  const working = states
    .filter((state) => shareOf(state, states, balance) > 0)
    .map(({ uplink }) => uplink.name);
  return states.flatMap((state): ChangeOfState[] => {
    const { uplink, status, reason, verdict, nexthop } = state;
    const previous = before.get(uplink.id) ?? null;
    if (previous === status) return [];
    const { id, name, device } = uplink;
    return [
      {
        uplink: { id, name, device },
        state: status,
        previous,
        reason,
        addresses: state.addresses.map(({ address }) => address),
        gateway: nexthop?.gateway ?? null,
        loss: verdict?.loss ?? null,
        rtt: verdict?.rtt ?? null,
        jitter: verdict?.jitter ?? null,
        working,
        at,
      },
    ];
  });
};

/** The states by id, to compare with the next ones. */
export const statusesOf = (states: readonly UplinkState[]): ReadonlyMap<number, UplinkStatus> =>
  new Map(states.map(({ uplink, status }) => [uplink.id, status]));

/** One line for people: `dsl1: dead (was up): no answer from 9.9.9.9; carrying: cable`. */
export const describeChangeOfState = ({
  uplink,
  state,
  previous,
  reason,
  working,
}: ChangeOfState): string => {
  const why = reason === '' ? '' : `: ${reason}`;
  const who = working.length === 0 ? 'nothing carries traffic' : `carrying: ${working.join(', ')}`;
  return `${uplink.name}: ${state}${previous === null ? '' : ` (was ${previous})`}${why}; ${who}`;
};
