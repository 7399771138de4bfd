import type { ToolResult } from '../model.ts';

/** The whole environment of every child: fixed, in the language that our parsers read. */
export const TOOL_ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' } as const;

/** Milliseconds until a tool is killed: a batch of 10,000 routes takes less than one second. */
export const TOOL_TIMEOUT = 20_000;

/**
 * The same for tools that routing does not depend on: a hook at hangup has three seconds in all. What they do takes
 * milliseconds.
 */
export const SHORT_TIMEOUT = 2000;

/** How long a tool may take, milliseconds. */
export const timeoutOf = (tool: string): number => TIMEOUTS[tool] ?? TOOL_TIMEOUT;

/**
 * `conntrack` goes through a million entries in less. `nft` is not here: its first load on a slow router that has just
 * booted waits for a dozen kernel modules.
 */
const TIMEOUTS: Readonly<Record<string, number>> = {
  tc: SHORT_TIMEOUT,
  ss: SHORT_TIMEOUT,
  conntrack: 5000,
};

/** Whether a tool's stdout is read at all: `conntrack -D` prints every entry that it deletes, megabytes of them. */
export const isRead = (tool: string): boolean => tool !== 'conntrack';

/** Most output that is read from one tool, bytes: 100,000 routes as JSON are some 20 MiB. */
export const TOOL_OUTPUT = 128 * 1024 * 1024;

/** What a runner may be given besides its defaults. */
export interface RunnerOptions {
  /**
   * Descriptor of the held lock, given to every child as its descriptor 3: a child that outlives us keeps
   * the lock until it ends (flock(2): the lock belongs to the open file, not to the process).
   */
  readonly lockFd?: number | undefined;
  /** Milliseconds after which the tool is killed with SIGKILL; default timeoutOf(tool). */
  readonly timeout?: number;
  /** Most bytes of stdout and of stderr; default TOOL_OUTPUT. */
  readonly maxOutput?: number;
}

/** The descriptors of a child, from 0 on. */
export type Stdio<Descriptor> = [
  input: 'ignore' | 'pipe',
  output: 'ignore' | 'pipe',
  errors: 'pipe',
  ...lock: Descriptor[],
];

/** A child's descriptors: its input if it has any, what is read of it, and the lock that it may keep. */
export const stdioOf = (
  tool: string,
  input: string | undefined,
  lockFd: number | undefined,
): Stdio<number> => [
  input === undefined ? 'ignore' : 'pipe',
  isRead(tool) ? 'pipe' : 'ignore',
  'pipe',
  ...(lockFd === undefined ? [] : [lockFd]),
];

/** What a runner returns for a tool that is not installed. */
export const NOT_FOUND: ToolResult = { status: null, stdout: '', stderr: '', errorCode: 'ENOENT' };

/** The result of a finished tool. One that ends before it read all of its input gives EPIPE: the status counts. */
export const resultOf = (
  output: Pick<ToolResult, 'status' | 'stdout' | 'stderr'>,
  code: string | undefined,
): ToolResult =>
  code === undefined || (code === 'EPIPE' && output.status !== null)
    ? output
    : { ...output, errorCode: code };
