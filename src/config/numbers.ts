/** Ports, protocols, code points and users as an operator writes them. Pure. */
import type { Range, Refusal } from './ranges.ts';

/** Protocols by name (IANA, Protocol Numbers). */
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['ipip', 4],
  ['tcp', 6],
  ['udp', 17],
  ['dccp', 33],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['sctp', 132],
  ['udplite', 136],
]);

/** Those whose header starts with two ports. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/** Whether connections of a protocol have ports. */
export const hasPorts = (protocol: number): boolean => WITH_PORTS.has(protocol);

/** Differentiated services by name (RFC 2474, 2597, 3246, 5865, 8622). */
const DSCP: ReadonlyMap<string, number> = new Map([
  ...Array.from({ length: 8 }, (_, level) => [`cs${level}`, 8 * level] as const),
  ...[1, 2, 3, 4].flatMap((level) =>
    [1, 2, 3].map((drop) => [`af${level}${drop}`, 8 * level + 2 * drop] as const),
  ),
  ['be', 0],
  ['le', 1],
  ['va', 44],
  ['ef', 46],
]);

const MAX_PORT = 65_535;

/** The last number of 32 bits is the kernel's "no user". */
const MAX_UID = 0xfffffffe;

/** 25, "25" or "1000-2000". */
export const parsePort = (value: number | string): Range | Refusal => {
  const [, from, to = from] = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(String(value)) ?? [];
  const [first, last] = [Number(from), Number(to)];
  const remedy = 'write for example 25 or "1000-2000"';
  if (!(first >= 1 && last <= MAX_PORT))
    return { reason: `is not a port or a range of ports, 1..${MAX_PORT}`, remedy };
  if (first > last) return { reason: 'ends before it starts', remedy: `write "${last}-${first}"` };
  return { first, last };
};

/** "tcp" or 6. */
export const parseProtocol = (value: number | string): Range | Refusal =>
  single(typeof value === 'number' ? value : PROTOCOLS.get(value.toLowerCase()), 1, 255) ?? {
    reason: 'is not a known protocol',
    remedy: `write one of ${[...PROTOCOLS.keys()].join(', ')}, or a number, 1..255`,
  };

/** "ef" or 46. */
export const parseDscp = (value: number | string): Range | Refusal =>
  single(typeof value === 'number' ? value : DSCP.get(value.toLowerCase()), 0, 63) ?? {
    reason: 'is not a code point',
    remedy: 'write one of cs0..cs7, af11..af43, be, le, va, ef, or a number, 0..63',
  };

/** "squid" or 13. `uidOf` knows the users of this machine. */
export const parseUser = (
  value: number | string,
  uidOf: (name: string) => number | undefined,
): Range | Refusal =>
  single(typeof value === 'number' ? value : uidOf(value), 0, MAX_UID) ??
  (typeof value === 'number'
    ? { reason: 'is not a user id', remedy: `write the user's name, or its id, 0..${MAX_UID}` }
    : { reason: 'is not a user of this machine', remedy: 'create it or give the uid' });

const single = (value: number | undefined, min: number, max: number): Range | undefined =>
  value !== undefined && Number.isInteger(value) && value >= min && value <= max
    ? { first: value, last: value }
    : undefined;
