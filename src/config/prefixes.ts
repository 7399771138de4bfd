/** IPv4 prefixes as an operator writes them. Pure. */
import { networkOf, parseIpv4 } from '../ipv4.ts';
import type { Range, Refusal } from './ranges.ts';

/** A prefix as the range of its addresses. */
export interface Prefix extends Range {
  /** As ip-route(8) writes it: `10.0.0.0/8`, a plain address for /32. */
  readonly cidr: string;
}

const EXAMPLE = 'write for example "192.168.1.0/24", or "192.168.1.10" for one address';

/** A prefix or a plain address, or why it is refused. All addresses at once are none: that is no condition. */
export const parsePrefix = (text: string): Prefix | Refusal => {
  const [address = '', written, ...rest] = text.split('/');
  const first = parseIpv4(address);
  const length = Number(written ?? 32);
  if (text.includes(':')) return { reason: 'is IPv6, and only IPv4 is supported yet', remedy: EXAMPLE };
  if (text === 'default' || (first !== undefined && written === '0'))
    return { reason: 'is every address', remedy: 'leave it out' };
  if (first === undefined || rest.length > 0 || !isLength(written, length))
    return { reason: 'is not an IPv4 address or prefix', remedy: EXAMPLE };
  const cidr = networkOf(address, length);
  const network = `${cidr.split('/', 1)[0]}/${length}`;
  if (length < 32 && network !== text)
    return {
      reason: `is an address inside ${network}, not a network`,
      remedy: `write "${network}" for all of it, or "${address}" for one address`,
    };
  return { cidr, first, last: first + 2 ** (32 - length) - 1 };
};

/** 1..32, without signs, spaces and leading zeros. */
const isLength = (written: string | undefined, length: number): boolean =>
  written === undefined || (length >= 1 && length <= 32 && String(length) === written);
