/** Connections that a test wants opened, and what becomes of them. */
import { PORT } from '../traffic/flows.ts';

/** A client of the LAN, 0..4000. */
export const client = (n: number): string => `192.168.${16 + (n >> 8)}.${n & 255}`;

/** An address of the world, 0..60000. */
export const server = (n: number): string => `10.99.${1 + (n >> 8)}.${n & 255}`;

/** One connection. Without `from` the kernel chooses the source; every server answers on every port. */
export interface Flow {
  readonly protocol: 'tcp' | 'udp';
  readonly from?: string;
  readonly fromPort?: number;
  readonly to: string;
  readonly port: number;
}

/** How the flows of a list differ, where they do. */
export interface Shape extends Partial<Flow> {
  /** From so many clients of the LAN, in turn; without it all come from the LAN's own address. */
  readonly clients?: number;
}

/** So many flows, TCP unless `shape` says otherwise, each to another server unless it names one. */
export const flows = (count: number, shape: Shape = {}): Flow[] => {
  const { clients, ...fixed } = shape;
  return Array.from({ length: count }, (_, n) => ({
    protocol: 'tcp',
    to: server(n),
    port: PORT,
    ...(clients === undefined ? {} : { from: client(n % clients) }),
    ...fixed,
  }));
};

/** How many connections took each uplink; failed ones stand under their reason. */
export const sharesOf = (seen: readonly string[]): Record<string, number> => {
  const shares: Record<string, number> = {};
  for (const name of seen) shares[name] = (shares[name] ?? 0) + 1;
  return shares;
};

/**
 * What is wrong with the shares, if anything: they must be those of the weights, within five standard deviations of
 * `total` independent choices (once in two million), and nothing may have failed.
 */
export const shareProblems = (
  shares: Readonly<Record<string, number>>,
  weights: Readonly<Record<string, number>>,
): string[] => {
  const total = Object.values(shares).reduce((sum, count) => sum + count, 0);
  const all = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const strangers = Object.keys(shares).filter((name) => weights[name] === undefined);
  const wrong = Object.entries(weights).filter(([name, weight]) => {
    const share = weight / all;
    const bound = 5 * Math.sqrt(total * share * (1 - share));
    return Math.abs((shares[name] ?? 0) - total * share) > bound;
  });
  return [
    ...strangers.map((name) => `${shares[name]} connections: ${name}`),
    ...wrong.map(
      ([name, weight]) => `${name}: ${shares[name] ?? 0} of ${total} at weight ${weight} of ${all}`,
    ),
  ];
};
