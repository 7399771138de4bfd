import { holdsConnections } from '../desired/uplinks.ts';
import type { Memory, Observed, UplinkMemory, UplinkState } from '../model.ts';

type Links = Pick<Observed, 'links'>;

/** Local addresses of uplinks that were there at the last run and are on no link now. */
export const vanishedAddresses = ({ uplinks }: Memory, observed: Links): string[] => {
  const known = Object.values(uplinks).flatMap(({ addresses = [] }) => addresses);
  return absentOf([...new Set(known)], observed);
};

/** Connections that have lost their way: all of an uplink's, or those with one of its addresses. */
export interface Lost {
  readonly id: number;
  readonly address?: string;
}

/**
 * Of the uplinks that had connections to carry at the last run, those that have none now, and the addresses that the others do not
 * have any more: what the kernel knows of these connections would keep them on a way that leads nowhere. A line that was
 * redialled has new connections already, with its new address.
 */
export const lostConnections = (
  { uplinks }: Memory,
  states: readonly UplinkState[],
  observed: Links,
): Lost[] =>
  Object.entries(uplinks).flatMap(([key, memory]): Lost[] => {
    if (!didCarry(memory)) return [];
    const { device, addresses = [] } = memory;
    const id = Number(key);
    const carries = states.some(
      (state) => holdsConnections(state) && state.uplink.id === id && state.uplink.device === device,
    );
    return carries ? absentOf(addresses, observed).map((address) => ({ id, address })) : [{ id }];
  });

/** An older version remembered the status alone, and these two were all that carried. */
const didCarry = ({ carried, status }: UplinkMemory): boolean =>
  carried ?? (status === 'up' || status === 'no-carrier');

const absentOf = (addresses: readonly string[], { links }: Links): string[] => {
  const present = new Set(links.flatMap((link) => link.addresses.map(({ address }) => address)));
  return addresses.filter((address) => !present.has(address));
};
