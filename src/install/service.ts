import { existsSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { makeRunnerSync, type SyncRunner } from '../system/exec-sync.ts';
import { describeFailure } from '../system/tool-failure.ts';

/** What of systemd a test may be instead of. */
export interface Systemd {
  /** Whether systemd runs this machine, sd_booted(3). */
  readonly isRunning: () => boolean;
  readonly run: SyncRunner;
}

/** Milliseconds: a stop waits for the last run of the monitor, which may wait for the lock. */
const TIMEOUT = 90_000;

const REAL: Systemd = {
  isRunning: () => existsSync('/run/systemd/system'),
  run: makeRunnerSync({ timeout: TIMEOUT }),
};

const UNIT = 'mlb-hooks.service';

/**
 * Lets systemd read the unit after an install that changed something, and start the new program where the old one
 * runs. It starts and enables nothing that the operator did not. Returns lines for the operator: what to run for a unit
 * that was not there before, what was done, and what could not be done. Never throws.
 */
export const settleService = (hadUnit: boolean, { isRunning, run }: Systemd = REAL): string[] => {
  if (!isRunning()) return [];
  const told = problemOf(run, 'daemon-reload');
  if (told !== undefined) return [`${UNIT}: systemd did not read it again: ${told}`];
  if (!hadUnit) return [`${UNIT}: health checks and watch begin with: systemctl enable --now mlb-hooks`];
  if (run('systemctl', ['is-active', '--quiet', UNIT]).status !== 0) return [];
  const restarted = problemOf(run, 'try-restart', UNIT);
  return [restarted === undefined ? `${UNIT}: restarted` : `${UNIT}: not restarted: ${restarted}`];
};

/**
 * Stops the monitor and takes it out of the boot, before hooks and kernel objects go: it would put back what `flush`
 * takes away. Returns lines for the operator. Throws UserError when it goes on running.
 */
export const retireService = ({ isRunning, run }: Systemd = REAL): string[] => {
  if (!isRunning()) return [];
  const wasActive = run('systemctl', ['is-active', '--quiet', UNIT]).status === 0;
  const problem = problemOf(run, 'disable', '--now', '--quiet', UNIT);
  if (problem !== undefined)
    throw new UserError(`${UNIT}: not stopped: ${problem}`, 'stop it, then run uninstall again');
  return wasActive ? [`${UNIT}: stopped`] : [];
};

/** Lets systemd forget a unit whose file is gone. Returns a line when it could not. */
export const forgetService = ({ isRunning, run }: Systemd = REAL): string[] => {
  if (!isRunning()) return [];
  const problem = problemOf(run, 'daemon-reload');
  return problem === undefined ? [] : [`${UNIT}: systemd did not forget it: ${problem}`];
};

const problemOf = (run: SyncRunner, ...args: readonly string[]): string | undefined => {
  const result = run('systemctl', args);
  return result.status === 0 && result.errorCode === undefined
    ? undefined
    : describeFailure('systemctl', args, result);
};
