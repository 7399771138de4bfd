/**
 * What makes a name, a device or a gateway of the configuration unfit. Each returns the reason, or
 * undefined.
 */
import { parseIpv4 } from '../ipv4.ts';
import { MAX_DEVICE_LENGTH } from './constants.ts';

/** Words that ip-route(8), ip-rule(8) or our own commands already read in a meaning of their own. */
const RESERVED = ['main', 'local', 'default', 'unspec', 'all', 'any', 'reject', 'balance'];

/** Why a text cannot name an uplink and its table. */
export const nameProblem = (name: string): string | undefined => {
  if (RESERVED.includes(name)) return 'is a reserved name';
  if (/^[a-z][a-z0-9_-]{0,14}$/.test(name)) return undefined;
  return 'must be 1 to 15 of a-z, 0-9, "_" and "-", the first a letter';
};

/** Why a text cannot name a policy; its counter and its set bear the name behind a prefix of ours. */
export const policyNameProblem = (name: string): string | undefined =>
  /^[a-z][a-z0-9_-]{0,30}$/.test(name)
    ? undefined
    : 'must be 1 to 31 of a-z, 0-9, "_" and "-", the first a letter';

/**
 * Why a text cannot be the device of an uplink (the kernel's dev_valid_name(), less what a shell or `ip`
 * could misread).
 */
export const deviceProblem = (device: string): string | undefined => {
  if (device === 'lo') return 'is the loopback device, which leads nowhere';
  if (device === 'all' || device === 'default')
    return 'is not a device: sysctls of that name are for every device';
  if (device.length > MAX_DEVICE_LENGTH) return `is longer than the kernel's ${MAX_DEVICE_LENGTH} characters`;
  if (/^[A-Za-z0-9_.:@][A-Za-z0-9_.:@-]*$/.test(device) && device !== '.' && device !== '..')
    return undefined;
  return 'must be a device name of letters, digits and _ . : @ -, not starting with "-"';
};

/** Why a text cannot be the gateway of an uplink. */
export const gatewayProblem = (gateway: string): string | undefined => {
  const address = parseIpv4(gateway);
  if (address === undefined) return 'is not an IPv4 address';
  const first = address >>> 24;
  if (first === 0 || first === 127 || first >= 224) return 'is not an address that a gateway can have';
  return undefined;
};
