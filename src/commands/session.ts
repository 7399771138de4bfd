import { configSource } from '../config/source.ts';
import type { Outcome } from '../converge.ts';
import { UserError } from '../errors.ts';
import type { Config, LinkEvent } from '../model.ts';
import { describeChange } from '../plan/batch.ts';
import { type Request, type Result, reconcile } from '../reconcile.ts';
import { logRun, problemsOf } from '../report/log-run.ts';
import { makeRunner } from '../system/exec.ts';
import { openLog } from '../system/log.ts';

/** What a command prints and how it ends. `errors` go to stderr. */
export interface Report {
  readonly lines: readonly string[];
  readonly errors: readonly string[];
  readonly exitCode: number;
}

/** Commands that change the kernel need root: say so before anything else goes wrong. */
export const requireRoot = (command: string): void => {
  if (process.geteuid?.() !== 0)
    throw new UserError(`mlb-hooks ${command}: needs root`, `try: sudo mlb-hooks ${command}`);
};

/** What a command asks for, apart from what all commands share. */
export type Order = Pick<Request, 'prepare' | 'finish' | 'target'> & {
  readonly name: string;
  readonly event?: LinkEvent;
  /** Instead of /etc/mlb-hooks/config.toml. */
  readonly config?: () => Promise<Config>;
  /** What else there is to say of what was done; for stderr. */
  readonly remarks?: (outcome: Outcome) => readonly string[];
};

/** Runs reconcile for a command, logs it like a hook's run and reports what was done, as commands, one a line. */
export const runOrder = async ({
  name,
  config = configSource(),
  remarks = () => [],
  ...order
}: Order): Promise<Report> => {
  requireRoot(name);
  const { settings } = await config();
  const result = await reconcile({
    ...order,
    config,
    waitSeconds: settings.lockWait,
    makeRunner,
  });
  const log = openLog({ level: settings.log });
  const event = order.event === undefined ? {} : { event: order.event };
  logRun(log, { name, ...event, ms: performance.now() }, result, await config());
  const failed = log.failed();
  log.close();
  const report = reportOf(result, settings.lockWait, remarks);
  return failed === undefined ? report : { ...report, errors: [...report.errors, failed] };
};

/** What a command prints that has found everything in place. */
export const NOTHING_DONE = 'nothing to do';

const reportOf = (result: Result, lockWait: number, remarks: NonNullable<Order['remarks']>): Report => {
  if (result.kind === 'busy') {
    const errors = [`the lock is still held after ${lockWait} s; see "mlb-hooks status" and try again`];
    return { lines: [], errors, exitCode: 1 };
  }
  if (result.kind === 'coalesced')
    return { lines: ['applied by another run meanwhile'], errors: [], exitCode: 0 };
  const done = result.outcomes.flatMap(({ changes }) => changes.map(describeChange));
  const problems = problemsOf(result.outcomes, result.problems);
  const notices = result.outcomes.flatMap((outcome) => outcome.notices);
  const last = result.outcomes.at(-1);
  return {
    lines: done.length === 0 && problems.length === 0 ? [NOTHING_DONE] : done,
    errors: [...conflictLines(last), ...notices, ...problems, ...(last === undefined ? [] : remarks(last))],
    exitCode: problems.length === 0 ? 0 : 1,
  };
};

/** Somebody else's objects in our way, one line each. */
export const conflictLines = (view: Pick<Outcome, 'conflicts'> | undefined): string[] =>
  (view?.conflicts ?? []).map(
    ({ object, consequence, remedy }) => `not ours: ${object}: ${consequence}; ${remedy}`,
  );
