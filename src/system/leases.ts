import { readFileSync } from 'node:fs';
import { parseDhclientLease, parseNetworkdLease } from '../kernel/lease.ts';
import type { Lease, Link } from '../model.ts';

/**
 * The DHCP leases that clients wrote down for a device. Read only where nothing else tells the gateway: dhclient hides
 * that its default was refused because another uplink's stood in main already.
 */
export const readLeases = ({ device, index }: Link): Lease[] =>
  [
    parseDhclientLease(readText(`/var/lib/dhcp/dhclient.${device}.leases`)),
    parseDhclientLease(readText(`/run/dhclient.${device}.leases`)),
    parseNetworkdLease(readText(`/run/systemd/netif/leases/${index}`)),
  ].filter((lease) => lease !== undefined);

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
