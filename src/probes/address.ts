import { parseIpv4 } from '../ipv4.ts';
import { startTool } from '../system/start-tool.ts';
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

const unresolved = (host: string, cause: string): string =>
  `"${host}" does not resolve (${cause}); check the name and the servers in /etc/resolv.conf, or write an address`;

const waiting = new Map<string, Promise<readonly string[] | string>>();

/**
 * All IPv4 addresses of a name, or why there are none. By getent(1), because the resolver itself keeps whoever calls it,
 * up to half a minute where its servers are silent, and our end as well. Uplinks that ask for the same name wait together.
 */
const lookUp = (host: string): Promise<readonly string[] | string> => {
  const before = waiting.get(host);
  if (before !== undefined) return before;
  const answer = askGetent(host).finally(() => waiting.delete(host));
  waiting.set(host, answer);
  return answer;
};

const askGetent = (host: string): Promise<readonly string[] | string> =>
  new Promise((resolve) => {
    let output = '';
    startTool(
      'getent',
      ['ahostsv4', host],
      {
        onOutput: (chunk) => {
          output += chunk;
        },
        onEnd: ({ missing, said }) => {
          const addresses = readAddresses(output);
          const cause = missing ? said : 'there is no such name, or no server answers';
          resolve(addresses.length > 0 ? addresses : cause);
        },
      },
      { endsWithUs: true },
    );
  });

/** Each address stands in three lines, `192.0.2.1  STREAM example.org`, one for each type of socket (getent(1)). */
export const readAddresses = (output: string): string[] => [
  ...new Set(
    output
      .split('\n')
      .map((line) => line.split(/\s/, 1)[0] ?? '')
      .filter((word) => parseIpv4(word) !== undefined),
  ),
];
