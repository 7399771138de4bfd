import { messageOf } from '../errors.ts';
import type { Batch, Change, Failure, Runner, Sysctl, ToolResult } from '../model.ts';
import { computeBatches, describeChange } from '../plan/batch.ts';
import { parseNftErrors } from './nft-errors.ts';
import { writeSysctl } from './sysctl.ts';
import { describeFailure } from './tool-failure.ts';

/** What became of changes: all others were made. */
export interface Applied {
  readonly failures: readonly Failure[];
  /** Not tried, because one that they build on has failed. */
  readonly skipped: readonly Change[];
}

/**
 * Makes the changes, in their order, with at most one process of `ip` and of `tc` and one of `nft` for each
 * transaction. Never throws. That something to be deleted is gone already is no failure.
 */
export const applyChanges = async (changes: readonly Change[], run: Runner): Promise<Applied> => {
  const failures: Failure[] = [];
  const skipped: Change[] = [];
  for (const change of changes)
    if (change.kind === 'sysctl') failures.push(...applySysctl(change, change.sysctl));
  for (const batch of computeBatches(changes))
    if (batch.tool === 'nft' && failures.some(({ change }) => change.kind === 'nft'))
      skipped.push(...batch.changes);
    else failures.push(...(await applyBatch(batch, run)));
  return { failures, skipped };
};

/** A failure as one line: what can be tried again by hand, or what of it was refused, then the cause. */
export const describeChangeFailure = ({ change, cause, about }: Failure): string =>
  about === undefined ? `${describeChange(change)}: ${cause}` : `${about}: ${change.kind}: ${cause}`;

const applySysctl = (change: Change, sysctl: Sysctl): Failure[] => {
  try {
    writeSysctl(sysctl);
    return [];
  } catch (thrown) {
    return [{ change, cause: messageOf(thrown) }];
  }
};

const applyBatch = async ({ tool, args, lines, changes }: Batch, run: Runner): Promise<Failure[]> => {
  const result = await run(tool, args, `${lines.join('\n')}\n`);
  if (result.status === 0) return [];
  if (tool === 'nft') return changes.flatMap((change) => transactionFailures(change, args, result));
  const { failed, rest } = parseBatchErrors(result.stderr);
  // A line that the tool cannot read ends the batch, forced or not, and nothing tells which one it was.
  if (failed.size === 0 || rest !== '') {
    const cause = describeFailure(tool, args, result);
    return changes.map((change) => ({ change, cause }));
  }
  return changes.flatMap((change, position) => {
    const cause = failed.get(position + 1);
    return cause === undefined || isGoneAlready(change, cause) ? [] : [{ change, cause }];
  });
};

/** A transaction is made whole or not at all. The lines that were refused tell what of it was wrong. */
const transactionFailures = (change: Change, args: readonly string[], result: ToolResult): Failure[] => {
  const lines = change.kind === 'nft' ? change.lines : [];
  const refused = parseNftErrors(result.stderr).map(({ line, message }): Failure => {
    const about = lines[line - 1]?.about;
    return { change, cause: `${message}; ${UNCHANGED}`, ...(about === undefined ? {} : { about }) };
  });
  const failures =
    refused.length > 0
      ? refused
      : [{ change, cause: `${describeFailure('nft', args, result)}; ${UNCHANGED}` }];
  return failures.filter(({ cause }) => !isGoneAlready(change, cause));
};

const UNCHANGED = 'the ruleset stays as it was';

/** What was said about each refused line, and what stood after the last of them. */
export interface BatchErrors {
  readonly failed: ReadonlyMap<number, string>;
  readonly rest: string;
}

/**
 * Line number -> what was said about it. `ip -force -batch` and `tc -force -batch` print the message first,
 * then `Command failed -:LINE` (tried with iproute2 6.1).
 */
export const parseBatchErrors = (stderr: string): BatchErrors => {
  const failed = new Map<number, string>();
  let message: string[] = [];
  for (const line of stderr.split('\n')) {
    const number = /^Command failed -:(\d+)/.exec(line)?.[1];
    if (number === undefined) {
      if (line.trim() !== '') message.push(line.trim());
      continue;
    }
    failed.set(Number(number), message.join(' ').replace(/^(RTNETLINK answers|Error): /, '') || 'refused');
    message = [];
  }
  return { failed, rest: message.join(' ') };
};

const GONE =
  /No such process|FIB table does not exist|No such file or directory|Cannot find device|No such device|Invalid handle|Failed to find/;

const isGoneAlready = (change: Change, cause: string): boolean => change.op === 'delete' && GONE.test(cause);
