import type { Lost } from '../events/connections.ts';
import { hexMark, markOf } from '../mark.ts';
import type { Runner, ToolResult, UplinkState } from '../model.ts';
import { describeFailure } from './tool-failure.ts';

/**
 * Aborts the router's own TCP connections from addresses that are gone (ss(8), -K; needs a kernel with
 * INET_DIAG_DESTROY): they would hang for minutes. Best effort, the kernel may not support it; returns what the
 * operator can mend, a missing ss.
 */
export const abortConnections = async (addresses: readonly string[], run: Runner): Promise<string[]> => {
  if (addresses.length === 0) return [];
  const filter = addresses.map((address) => `src ${address}`).join(' or ');
  const args = ['-K', '-t', '-n', `( ${filter} )`];
  const result = await run('ss', args);
  return result.errorCode === undefined ? [] : [describeFailure('ss', args, result)];
};

/** What came of changing what the kernel knows of connections. */
export interface Tracked {
  readonly problems: readonly string[];
  /** That `conntrack` is not installed, in words. */
  readonly missing?: string;
}

/**
 * Makes the kernel forget connections that are assigned to an uplink (conntrack(8), -D): their next packet is a new
 * connection's. One process for all of an uplink's; two for an address, which answers come to or requests came to.
 */
export const forgetConnections = async (
  lost: readonly Lost[],
  mask: number,
  run: Runner,
): Promise<Tracked> => {
  const selectors = lost.flatMap(({ id, address }) => {
    const mark = ['--mark', maskedMark(id, mask)];
    return address === undefined ? [mark] : ofAddress(address).map((selector) => [...mark, ...selector]);
  });
  return track(
    selectors.map((selector) => ['-D', ...selector]),
    run,
  );
};

/**
 * Assigns the connections that an uplink's addresses tell to that uplink (conntrack(8), -U): they began while no ruleset
 * of ours was loaded.
 */
export const adoptConnections = async (
  states: readonly UplinkState[],
  mask: number,
  run: Runner,
): Promise<Tracked> =>
  track(
    states.flatMap(({ uplink: { id }, addresses }) =>
      addresses.flatMap(({ address }) =>
        ofAddress(address).map((selector) => ['-U', ...selector, '--mark', maskedMark(id, mask)]),
      ),
    ),
    run,
  );

const maskedMark = (id: number, mask: number): string => `${hexMark(markOf(id, mask))}/${hexMark(mask)}`;

/** Connections whose answers come to an address, and those whose requests do. */
const ofAddress = (address: string): string[][] => [
  ['--reply-dst', address],
  ['--orig-dst', address],
];

/** Each try gets further; one is overtaken seldom. */
const TRIES = 10;

/**
 * conntrack(8) lists first and then takes one entry after the other; it gives up when one has gone meanwhile, as those do
 * that the kernel's NAT sees leave by another line (masquerade).
 */
const wasOvertaken = ({ stderr }: ToolResult): boolean => /such conntrack doesn't exist/.test(stderr);

const track = async (calls: readonly string[][], run: Runner): Promise<Tracked> => {
  const problems: string[] = [];
  for (const args of calls) {
    let result = await run('conntrack', args);
    for (let tries = 1; tries < TRIES && wasOvertaken(result); tries++) result = await run('conntrack', args);
    if (result.errorCode === 'ENOENT')
      return { problems, missing: describeFailure('conntrack', args, result) };
    // Its status is 1 also when there was none.
    if (result.status !== 0 && !/\b0 flow entries have been (deleted|updated)/.test(result.stderr))
      problems.push(describeFailure('conntrack', args, result));
  }
  return { problems };
};
