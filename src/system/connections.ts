import type { Lost } from '../events/connections.ts';
import { hexMark, markOf } from '../mark.ts';
import type { Runner } from '../model.ts';
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

/** What came of forgetting connections. */
export interface Forgotten {
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
): Promise<Forgotten> => {
  const problems: string[] = [];
  const selectors = lost.flatMap(({ id, address }) => {
    const mark = ['--mark', `${hexMark(markOf(id, mask))}/${hexMark(mask)}`];
    return address === undefined
      ? [mark]
      : [
          [...mark, '--reply-dst', address],
          [...mark, '--orig-dst', address],
        ];
  });
  for (const selector of selectors) {
    const args = ['-D', ...selector];
    const result = await run('conntrack', args);
    if (result.errorCode === 'ENOENT')
      return { problems, missing: describeFailure('conntrack', args, result) };
    // Its status is 1 also when there was none.
    if (result.status !== 0 && !/\b0 flow entries have been deleted/.test(result.stderr))
      problems.push(describeFailure('conntrack', args, result));
  }
  return { problems };
};
