import type { Address, Link } from '../model.ts';

interface AddressJson {
  readonly family?: string;
  readonly local?: string;
  readonly address?: string;
  readonly prefixlen?: number;
  readonly scope?: string;
}

interface LinkJson {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags?: readonly string[];
  readonly mtu?: number;
  readonly addr_info?: readonly AddressJson[];
}

/** Scopes that traffic to other hosts may use; `-N` prints numbers, plain `ip` names. */
const USABLE_SCOPES = new Set(['0', 'global', '200', 'site']);

/**
 * Reads `ip -j -N link show` and `ip -4 -j -N addr show` into links with their addresses.
 * Two outputs because `addr show` under `-4` leaves out every device without an IPv4 address.
 */
export const parseLinks = (linksJson: readonly unknown[], addressesJson: readonly unknown[]): Link[] => {
  const addresses = new Map((addressesJson as readonly LinkJson[]).map((entry) => [entry.ifindex, entry]));
  return (linksJson as readonly LinkJson[])
    .filter((entry) => typeof entry.ifindex === 'number')
    .map((entry) => parseLink(entry, addresses.get(entry.ifindex)?.addr_info ?? []));
};

const parseLink = (entry: LinkJson, addresses: readonly AddressJson[]): Link => {
  const flags = new Set(entry.flags ?? []);
  return {
    index: entry.ifindex,
    device: entry.ifname,
    up: flags.has('UP'),
    // Not NO-CARRIER: that follows the operational state, which the kernel brings up to date a little later.
    carrier: flags.has('LOWER_UP'),
    noArp: flags.has('POINTOPOINT') || flags.has('NOARP'),
    mtu: entry.mtu ?? 1500,
    addresses: addresses.flatMap(parseAddress),
  };
};

const parseAddress = (entry: AddressJson): Address[] => {
  if (entry.family !== 'inet' || entry.local === undefined) return [];
  if (!USABLE_SCOPES.has(entry.scope ?? '0')) return [];
  const { local, address, prefixlen = 32 } = entry;
  const peer = address !== undefined && address !== local ? { peer: address } : {};
  return [{ family: 4, address: local, prefixLength: prefixlen, ...peer }];
};
