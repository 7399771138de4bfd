/** One monitor at a time: two would undo each other's work. */
import { isUserError, messageOf, UserError } from '../errors.ts';
import { acquireLock } from '../system/lock.ts';
import { RUN_DIR } from '../system/paths.ts';
import { ensureRunDir } from '../system/run-dir.ts';
import { runningMonitor } from '../system/verdicts.ts';

/**
 * Makes this process the monitor, until it ends, however it ends. Throws a UserError if another one runs. Where /run takes no
 * lock it goes on without one and tells `onProblem`. `now`: seconds of uptime.
 */
export const becomeMonitor = (now: number, onProblem: (text: string) => void): void => {
  const other = runningMonitor(now);
  if (other !== undefined || !isFree(onProblem))
    throw new UserError(
      `a monitor runs already${other === undefined ? '' : `, as process ${other}`}`,
      `stop it first: systemctl stop mlb-hooks${other === undefined ? '' : `, or kill ${other}`}`,
    );
};

const isFree = (onProblem: (text: string) => void): boolean => {
  try {
    ensureRunDir(RUN_DIR);
    return acquireLock({ waitSeconds: 0, runDir: `${RUN_DIR}/monitor` }) !== undefined;
  } catch (thrown) {
    if (!isUserError(thrown)) throw thrown;
    onProblem(messageOf(thrown));
    return true;
  }
};
