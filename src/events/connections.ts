import type { Memory, Observed, UplinkState } from '../model.ts';

type Links = Pick<Observed, 'links'>;

/** Local addresses of uplinks that were there at the last run and are on no link now. */
export const vanishedAddresses = ({ uplinks }: Memory, observed: Links): string[] => {
  const known = Object.values(uplinks).flatMap(({ addresses = [] }) => addresses);
  return absentOf([...new Set(known)], observed);
};

/**
 * Ids of the uplinks that carried traffic at the last run and do not now, or have lost an address since: what the
 * kernel knows of their connections would keep them on a way that leads nowhere.
 */
export const lostUplinks = ({ uplinks }: Memory, states: readonly UplinkState[], observed: Links): number[] =>
  Object.entries(uplinks).flatMap(([key, { device, status, addresses = [] }]) => {
    if (status !== 'up' && status !== 'no-carrier') return [];
    const id = Number(key);
    const works = states.some(
      ({ use, uplink }) => use === 'working' && uplink.id === id && uplink.device === device,
    );
    return works && absentOf(addresses, observed).length === 0 ? [] : [id];
  });

const absentOf = (addresses: readonly string[], { links }: Links): string[] => {
  const present = new Set(links.flatMap((link) => link.addresses.map(({ address }) => address)));
  return addresses.filter((address) => !present.has(address));
};
