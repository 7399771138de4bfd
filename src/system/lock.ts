import { closeSync, constants, mkdirSync, openSync, rmdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { lockSync } from 'proper-lockfile';
import { messageOf, UserError } from '../errors.ts';
import { makeRunnerSync } from './exec-sync.ts';
import { acquireWithoutFlock } from './lock-without-flock.ts';
import { RUN_DIR } from './paths.ts';
import { codeOf, ensureRunDir } from './run-dir.ts';
import { describeFailure } from './tool-failure.ts';

/** The held lock. */
export interface Lock {
  /** Descriptor that carries the kernel's lock; give it to children (RunnerOptions.lockFd). */
  readonly fd: number;
  /** Something that the operator should know: the lock is held, but not in the best way. */
  readonly warning?: string;
  /** Gives the lock back; a second call does nothing. The end of the process does it too, however it ends. */
  release(): void;
}

/**
 * Takes the one lock of hooks and commands; undefined if somebody still holds it after `waitSeconds`
 * (fractions allowed, 0 = do not wait). Blocks the process meanwhile.
 *
 * flock(2) on RUN_DIR decides: it ends with its holder and knows no clock. proper-lockfile's directory
 * inside it is what people and other programs see; one that is there although we own the flock was left by
 * a killed holder, and is replaced at once. Without flock(1), lock-without-flock.ts decides.
 *
 * A UserError if RUN_DIR is unsafe or cannot be written, or if flock(1) fails.
 */
export const acquireLock = (options: { waitSeconds: number; runDir?: string }): Lock | undefined => {
  const { waitSeconds, runDir = RUN_DIR } = options;
  ensureRunDir(runDir);
  const fd = openRunDir(runDir);
  try {
    const outer = takeKernelLock(fd, waitSeconds) ?? takeLockFiles(runDir, waitSeconds);
    if (outer !== 'busy') return heldLock(fd, outer, markHeld(`${runDir}/lock`));
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
  closeSync(fd);
  return undefined;
};

/** One layer of the lock, taken: how to give it back, and what there is to say about it. */
interface Held {
  readonly release: () => void;
  readonly warning?: string;
}

const heldLock = (fd: number, outer: Held, inner: Held): Lock => {
  let held = true;
  const warning = [outer.warning, inner.warning].filter((text) => text !== undefined).join('; ');
  const release = (): void => {
    if (!held) return;
    held = false;
    inner.release();
    outer.release();
    closeSync(fd);
  };
  return { fd, release, ...(warning === '' ? {} : { warning }) };
};

/** The directory itself carries the lock: it can be opened on a file system that is full or read-only. */
const openRunDir = (path: string): number => {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (thrown) {
    throw new UserError(`${path}: cannot be opened: ${messageOf(thrown)}`, 'run this as root');
  }
};

/** What flock(1) is told to exit with when the wait is over; its own errors are 1 and 64 to 74. */
const BUSY = 99;

/** The lock lives in the open file that we share with flock(1), and stays when that ends. Undefined: no flock(1). */
const takeKernelLock = (fd: number, waitSeconds: number): Held | 'busy' | undefined => {
  const wait = waitSeconds > 0 ? ['-w', String(waitSeconds)] : ['-n'];
  const args = ['-x', ...wait, '-E', String(BUSY), '3'];
  // flock(1) keeps its own time; ours only catches one that hangs.
  const result = makeRunnerSync({ lockFd: fd, timeout: (waitSeconds + 5) * 1000 })('flock', args);
  if (result.status === 0) return { release: () => undefined };
  if (result.status === BUSY || result.errorCode === 'ETIMEDOUT') return 'busy';
  if (result.errorCode === 'ENOENT') return undefined;
  throw new UserError(describeFailure('flock', args, result));
};

const takeLockFiles = (runDir: string, waitSeconds: number): Held | 'busy' => {
  const release = acquireWithoutFlock(runDir, waitSeconds);
  if (release === undefined) return 'busy';
  const missing = describeFailure('flock', [], { status: null, stdout: '', stderr: '', errorCode: 'ENOENT' });
  return { release, warning: `${missing}; until then lock files do its work` };
};

/** So old that no clock can make a lock stale: only the flock decides that. */
const NEVER = Number.MAX_SAFE_INTEGER;
/** The longest timer that Node knows, milliseconds (24 days): a longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** All that proper-lockfile needs of a file system when it works synchronously. */
const FILE_SYSTEM = { mkdirSync, rmdirSync, statSync, utimesSync };

/** Makes proper-lockfile's directory. It cannot be refused for good, as we own the outer lock already. */
const markHeld = (path: string): Held => {
  try {
    return { release: makeMark(path) };
  } catch (thrown) {
    // A full or broken file system: the outer lock does without.
    const warning = `${path}: cannot be made: ${messageOf(thrown)}; check the space left there`;
    return { release: () => undefined, warning };
  }
};

const makeMark = (path: string): (() => void) => {
  try {
    return lockMark(path);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ELOCKED') throw thrown;
    rmSync(path, { recursive: true, force: true });
    return lockMark(path);
  }
};

const lockMark = (path: string): (() => void) => {
  const options = {
    realpath: false,
    stale: NEVER,
    update: LONGEST_TIMER,
    fs: FILE_SYSTEM,
    lockfilePath: path,
  };
  const release = lockSync(path, { ...options, onCompromised: () => undefined });
  return () => {
    try {
      release();
    } catch {
      // The directory went meanwhile, or cannot go: the next holder replaces it.
    }
  };
};
