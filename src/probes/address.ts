import { lookup } from 'node:dns/promises';
import { parseIpv4 } from '../ipv4.ts';
import type { Running } from './probing.ts';

/** Seconds between two look-ups of a name that has resolved, and of one that never has. */
const RENEW = 60;
const RETRY = 5;

/** Seconds between two look-ups of a name whose address does not answer. */
const RECHECK = 5;

/** What happens to a host's address. */
export interface Follower {
  /** The first address, and later another one when the one before is no longer among those of the name. */
  readonly onAddress: (address: string) => void;
  /** The name has never resolved: why, and the remedy. */
  readonly onUnknown: (reason: string) => void;
}

/** Following a host's address. `suspect`: it does not answer; look whether it has moved. */
export interface Following extends Running {
  readonly suspect: () => void;
}

/** Follows the IPv4 address of a host. One that is written as an address is told at once, and that is all. */
export const followAddress = (host: string, { onAddress, onUnknown }: Follower): Following => {
  if (parseIpv4(host) !== undefined) {
    onAddress(host);
    return { suspect: () => {}, stop: () => {} };
  }
  let current: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let asking = false;
  let asked = 0;
  let stopped = false;

  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    const answer = await lookUp(host);
    asking = false;
    asked = performance.now();
    if (stopped) return;
    if (typeof answer !== 'string') take(answer);
    else if (current === undefined) onUnknown(unresolved(host, answer));
    timer = setTimeout(ask, 1000 * (current === undefined ? RETRY : RENEW));
  };
  // Servers list the addresses of a name in changing order: one that is still among them stays.
  const take = (addresses: readonly string[]): void => {
    const [first] = addresses;
    if (first === undefined || (current !== undefined && addresses.includes(current))) return;
    current = first;
    onAddress(first);
  };

  void ask();
  return {
    suspect: () => {
      if (performance.now() - asked > 1000 * RECHECK) void ask();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};

const unresolved = (host: string, code: string): string =>
  `"${host}" does not resolve (${code}); check the name and the servers in /etc/resolv.conf, or write an address`;

const waiting = new Map<string, Promise<readonly string[] | string>>();

/**
 * All IPv4 addresses of a name, or the code of the error. The system's resolver waits in one of few threads, up to half
 * a minute where its servers are silent: uplinks that ask for the same name wait together.
 */
const lookUp = (host: string): Promise<readonly string[] | string> => {
  const before = waiting.get(host);
  if (before !== undefined) return before;
  const answer = lookup(host, { family: 4, all: true })
    .then(
      (found) => (found.length === 0 ? 'ENODATA' : found.map(({ address }) => address)),
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
    )
    .finally(() => waiting.delete(host));
  waiting.set(host, answer);
  return answer;
};
