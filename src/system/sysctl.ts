import { readFileSync, writeFileSync } from 'node:fs';
import { sysctlPath } from '../kernel/sysctl.ts';
import type { Sysctl } from '../model.ts';

const KEYS = ['ignore_routes_with_linkdown', 'rp_filter'] as const;

/** Our two sysctls of each of these devices, where the device exists. `all` is a device to the kernel here. */
export const readSysctls = (devices: Iterable<string>): Sysctl[] => {
  const sysctls: Sysctl[] = [];
  for (const device of devices)
    for (const key of KEYS) {
      const value = readNumber(`/proc/sys/${sysctlPath({ device, key })}`);
      if (value !== undefined) sysctls.push({ device, key, value });
    }
  return sysctls;
};

/** Writes one sysctl; throws what the file system says (ENOENT: the device is gone, EROFS: a container). */
export const writeSysctl = (sysctl: Sysctl): void => {
  writeFileSync(`/proc/sys/${sysctlPath(sysctl)}`, String(sysctl.value));
};

/** ifindex of a device, or 0 if there is none. */
export const readIndex = (device: string): number => readNumber(`/sys/class/net/${device}/ifindex`) ?? 0;

/** How many connections the kernel tracks in this network namespace; undefined without nf_conntrack. */
export const readConnections = (): number | undefined =>
  readNumber('/proc/sys/net/netfilter/nf_conntrack_count');

/** Seconds since boot, with time asleep: no clock step reaches it. */
export const readUptime = (): number => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);

const readNumber = (path: string): number | undefined => {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};
