/**
 * IPv4 addresses as text, as strict as `ip` prints them. Small on purpose: node:net costs milliseconds
 * of a hook's start.
 */

/**
 * The 32-bit number of a dotted quad, or undefined for anything else: no leading zeros (inet_aton(3) reads
 * them as octal), no short forms, no spaces.
 */
export const parseIpv4 = (text: string): number | undefined => {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every(isOctet)) return undefined;
  return octets.reduce((sum, octet) => sum * 256 + Number(octet), 0);
};

/** A number that is written as it would be printed; cheaper than the regular expression that says the same. */
const isOctet = (text: string): boolean => {
  const number = Number(text);
  return number >= 0 && number <= 255 && String(number) === text;
};

/**
 * Whether a prefix covers an address. The prefix may be CIDR, a plain address (/32) or `default`;
 * false if either is not IPv4.
 */
export const contains = (cidr: string, address: string): boolean => {
  const [prefix = '', length = '32', ...rest] = cidr === 'default' ? ['0.0.0.0', '0'] : cidr.split('/');
  const network = parseIpv4(prefix);
  const host = parseIpv4(address);
  if (network === undefined || host === undefined || rest.length > 0) return false;
  if (!/^([12]?[0-9]|3[0-2])$/.test(length)) return false;
  return cut(network, Number(length)) === cut(host, Number(length));
};

/**
 * The network of an address, as ip-route(8) prints a destination: `10.0.0.0/8`, a plain address for /32,
 * `default` for /0. Throws RangeError if the address or the length is not IPv4.
 */
export const networkOf = (address: string, prefixLength: number): string => {
  const host = parseIpv4(address);
  if (host === undefined || !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > 32)
    throw new RangeError(`${address}/${prefixLength} is not an IPv4 prefix`);
  if (prefixLength === 0) return 'default';
  const network = format(cut(host, prefixLength));
  return prefixLength === 32 ? network : `${network}/${prefixLength}`;
};

/**
 * Whether an address is the first or the last of a subnet, which are the network itself and its broadcast; a /31
 * (RFC 3021) and a /32 have hosts only. False if either is not IPv4.
 */
export const isSubnetEdge = (address: string, subnet: string): boolean => {
  const [prefix = '', length = '32'] = subnet.split('/');
  const network = parseIpv4(prefix);
  const host = parseIpv4(address);
  if (network === undefined || host === undefined || Number(length) > 30) return false;
  return host === network || host === network + 2 ** (32 - Number(length)) - 1;
};

/** Zeroes what follows the prefix. `>>> 0` keeps the number unsigned; a shift by 32 would be one by 0. */
const cut = (address: number, length: number): number =>
  length === 0 ? 0 : (address & (0xffffffff << (32 - length))) >>> 0;

const format = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
