import type { Memory, Observed, UplinkState } from '../model.ts';

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
 * Of the uplinks that carried traffic at the last run, those that do not now, and the addresses that the others do not
 * have any more: what the kernel knows of these connections would keep them on a way that leads nowhere. A line that was
 * redialled has new connections already, with its new address.
 */
export const lostConnections = (
  { uplinks }: Memory,
  states: readonly UplinkState[],
  observed: Links,
): Lost[] =>
  Object.entries(uplinks).flatMap(([key, { device, status, addresses = [] }]): Lost[] => {
    if (status !== 'up' && status !== 'no-carrier') return [];
    const id = Number(key);
    const works = states.some(
      ({ use, uplink }) => use === 'working' && uplink.id === id && uplink.device === device,
    );
    return works ? absentOf(addresses, observed).map((address) => ({ id, address })) : [{ id }];
  });

const absentOf = (addresses: readonly string[], { links }: Links): string[] => {
  const present = new Set(links.flatMap((link) => link.addresses.map(({ address }) => address)));
  return addresses.filter((address) => !present.has(address));
};
