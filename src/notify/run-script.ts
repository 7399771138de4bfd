import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../system/run-dir.ts';
import { endGroup, groupLives } from './group.ts';
import type { Script } from './scripts.ts';
import { isWithin } from './within.ts';

/** How an executable came to its end. */
export interface Ending {
  /** Null: it was ended by a signal, or not started. */
  readonly status: number | null;
  readonly signal: string | null;
  /** The last line that it wrote on stderr. */
  readonly said: string;
  /** `late`: not ended in time; `stopped`: we leave. Its group was told to end, then killed. */
  readonly ended: 'itself' | 'late' | 'stopped';
  /** Why it could not be started: an errno name. */
  readonly errorCode?: string;
}

/** What an executable is given. After `stop` it has little time left. */
export interface RunOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string;
  readonly timeoutSeconds: number;
  readonly stop: AbortSignal;
}

/** Milliseconds that a script has from `stop` on: what it has begun to tell is told, and nobody waits long for us. */
const STOP_GRACE = 2000;

/** Milliseconds from SIGTERM to SIGKILL, and from there until we no longer wait: the kernel may keep one for ever. */
const TERM_GRACE = 2000;
const KILL_GRACE = 1000;

/** Milliseconds for what is still in the pipe of stderr; a daemon that was started may hold it open for years. */
const PIPE_GRACE = 100;

/** Milliseconds from the end of a group's first process to the second look at it, and most between later ones. */
const FIRST_LOOK = 50;
const MOST_BETWEEN_LOOKS = 500;

/** Most characters of stderr that are kept. */
const STDERR_LIMIT = 4096;

/**
 * Runs an executable in a process group of its own until the whole group has ended: what a script leaves in the
 * background is part of it, and ends with it when its time is over. Never rejects.
 */
export const runScript = async (script: Script, options: RunOptions): Promise<Ending> => {
  try {
    return await follow(start(script, options), options);
  } catch (thrown) {
    return unstarted(codeOf(thrown) ?? String(thrown));
  }
};

const unstarted = (errorCode: string): Ending => ({
  status: null,
  signal: null,
  said: '',
  ended: 'itself',
  errorCode,
});

/** A program with several names goes by the one that it has in notify.d. */
const start = ({ path, file }: Script, { environment, input }: RunOptions): ChildProcess => {
  const child = spawn(file, [], {
    argv0: path,
    cwd: '/',
    env: { ...environment },
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  // A script need not read what it is told.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return child;
};

const follow = async (child: ChildProcess, options: RunOptions): Promise<Ending> => {
  const lastLine = lastLineOf(child);
  const exited = exitOf(child);
  const givenUp = new AbortController();
  const ended = await endOf(groupEnd(child, exited, givenUp.signal), child.pid, options);
  givenUp.abort();
  const said = await lastLine();
  child.stdin?.destroy();
  child.stderr?.destroy();
  const exit = await Promise.race([exited, NOT_EXITED]);
  return 'errorCode' in exit ? unstarted(exit.errorCode) : { ...exit, said, ended };
};

/** Waits for the end of a group, and brings it about when its time is over. */
const endOf = async (
  group: Promise<void>,
  id: number | undefined,
  { timeoutSeconds, stop }: RunOptions,
): Promise<Ending['ended']> => {
  if (await isWithin(group, timeoutSeconds * 1000, stop)) return 'itself';
  const ended = stop.aborted ? 'stopped' : 'late';
  if (ended === 'stopped' && (await isWithin(group, STOP_GRACE))) return 'itself';
  endGroup(id, 'SIGTERM');
  if (await isWithin(group, TERM_GRACE)) return ended;
  endGroup(id, 'SIGKILL');
  await isWithin(group, KILL_GRACE);
  return ended;
};

type Exit =
  | { readonly status: number | null; readonly signal: string | null }
  | { readonly errorCode: string };

const NOT_EXITED: Promise<Exit> = Promise.resolve({ status: null, signal: null });

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    child.once('exit', (status, signal) => resolve({ status, signal }));
    child.on('error', (error) => resolve({ errorCode: codeOf(error) ?? error.message }));
  });

/** The end of the first process and of all that it left in its group. */
const groupEnd = async (child: ChildProcess, exited: Promise<Exit>, stop: AbortSignal): Promise<void> => {
  await exited;
  for (let pause = FIRST_LOOK; !stop.aborted && groupLives(child.pid); pause *= 2)
    await sleep(Math.min(pause, MOST_BETWEEN_LOOKS));
};

/** Reads all of stderr, keeps its end, and gives the last line that says something. */
const lastLineOf = (child: ChildProcess): (() => Promise<string>) => {
  let tail = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (chunk: string) => {
    tail = (tail + chunk).slice(-STDERR_LIMIT);
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return async () => {
    await isWithin(closed, PIPE_GRACE);
    return tail.split('\n').findLast((line) => line.trim() !== '') ?? '';
  };
};
