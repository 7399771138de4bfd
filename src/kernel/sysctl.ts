import type { Sysctl } from '../model.ts';

/** What tells sysctls apart. */
export const sysctlKey = ({ device, key }: Pick<Sysctl, 'device' | 'key'>): string => `${device} ${key}`;

/** The path below /proc/sys, slashes throughout: a device name may hold dots. */
export const sysctlPath = ({ device, key }: Pick<Sysctl, 'device' | 'key'>): string =>
  `net/ipv4/conf/${device}/${key}`;

/** Arguments of sysctl(8) that write it. */
export const renderSysctl = (sysctl: Sysctl): string => `-w ${sysctlPath(sysctl)}=${sysctl.value}`;
