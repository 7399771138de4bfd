import { parseIpv4 } from '../ipv4.ts';
import type { Lease } from '../model.ts';

/** The last lease in a dhclient.leases(5) file: the client appends, so earlier ones are over. */
export const parseDhclientLease = (text: string): Lease | undefined => {
  const last = text.slice(Math.max(0, text.lastIndexOf('lease {')));
  return leaseOf(
    /^\s*fixed-address ([0-9.]+)/m.exec(last)?.[1],
    /^\s*option routers ([0-9.]+)/m.exec(last)?.[1],
  );
};

/** A systemd-networkd lease file (/run/systemd/netif/leases/IFINDEX). */
export const parseNetworkdLease = (text: string): Lease | undefined =>
  leaseOf(/^ADDRESS=([0-9.]+)/m.exec(text)?.[1], /^ROUTER=([0-9.]+)/m.exec(text)?.[1]);

/** A DHCP server may send anything: only plain addresses make a lease of use. */
const leaseOf = (address: string | undefined, router: string | undefined): Lease | undefined =>
  address !== undefined && router !== undefined && isUsable(address) && isUsable(router)
    ? { address, router }
    : undefined;

const isUsable = (address: string): boolean => parseIpv4(address) !== undefined && address !== '0.0.0.0';
