import { messageOf } from '../errors.ts';
import type { Batch, Change, Failure, Runner, Sysctl } from '../model.ts';
import { computeBatches, renderCommand } from '../plan/batch.ts';
import { writeSysctl } from './sysctl.ts';
import { describeFailure } from './tool-failure.ts';

/**
 * Makes the changes, in their order, with at most one process of each tool. Never throws: what failed is returned,
 * and everything else was done. That something to be deleted is gone already is no failure.
 */
export const applyChanges = async (changes: readonly Change[], run: Runner): Promise<Failure[]> => {
  const failures: Failure[] = [];
  for (const change of changes)
    if (change.kind === 'sysctl') failures.push(...applySysctl(change, change.sysctl));
  for (const batch of computeBatches(changes)) failures.push(...(await applyBatch(batch, run)));
  return failures;
};

/** A failure as one line: the command that can be tried again by hand, then the cause. */
export const describeChangeFailure = ({ change, cause }: Failure): string =>
  `${renderCommand(change)}: ${cause}`;

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
