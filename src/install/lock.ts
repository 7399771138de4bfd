import { UserError } from '../errors.ts';
import { acquireLock } from '../system/lock.ts';
import { RUN_DIR } from '../system/paths.ts';
import { ensureRunDir } from '../system/run-dir.ts';

/** Seconds: an install on a slow machine takes a few, and uninstall waits for its flush. */
const WAIT = 30;

/**
 * Lets one install or uninstall work at a time; returns what lets the next one in. It is not the lock of hooks and
 * commands, because `flush` takes that one while uninstall holds this. Below `--root` nothing is locked: there is no
 * /run of ours. Throws UserError when another one is still at work after `waitSeconds`, and as acquireLock does.
 */
export const lockInstallation = (
  root: string,
  log: (line: string) => void,
  { runDir = RUN_DIR, waitSeconds = WAIT } = {},
): (() => void) => {
  if (root !== '') return () => undefined;
  ensureRunDir(runDir);
  const lock = acquireLock({ waitSeconds, runDir: `${runDir}/install` });
  if (lock === undefined) {
    throw new UserError(
      `another install or uninstall of mlb-hooks is still at work after ${waitSeconds} s`,
      'wait until it has ended, then run this again',
    );
  }
  if (lock.warning !== undefined) log(lock.warning);
  return lock.release;
};
