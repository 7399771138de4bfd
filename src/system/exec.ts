import { execa } from 'execa';
import type { ToolResult } from '../model.ts';
import {
  NOT_FOUND,
  type RunnerOptions,
  resultOf,
  type Stdio,
  stdioOf,
  TOOL_ENVIRONMENT,
  TOOL_OUTPUT,
  timeoutOf,
} from './runner.ts';
import { toolPath } from './tool-path.ts';

/** A Runner (model.ts) that lets the process do other things while the tool runs. */
export type AsyncRunner = (tool: string, args: readonly string[], input?: string) => Promise<ToolResult>;

/**
 * Makes the runner of commands, on execa. It never rejects; results are those of makeRunnerSync:
 * `errorCode` is ENOENT for a missing tool, ETIMEDOUT after `timeout` milliseconds, ENOBUFS for too much output.
 */
export const makeRunner =
  (options: RunnerOptions = {}): AsyncRunner =>
  async (tool, args, input) => {
    const path = toolPath(tool);
    if (path === undefined) return NOT_FOUND;
    const { lockFd, timeout = timeoutOf(tool), maxOutput = TOOL_OUTPUT } = options;
    const child = execa(path, args, {
      cwd: '/',
      env: TOOL_ENVIRONMENT,
      extendEnv: false,
      timeout,
      killSignal: 'SIGKILL',
      maxBuffer: maxOutput,
      reject: false,
      stripFinalNewline: false,
      // execa's exit handler would keep proper-lockfile's from running, and a child that has begun a batch
      // had better end it: it keeps the lock meanwhile.
      cleanup: false,
      // execa's types stop at descriptor 9; it hands any number on to Node.
      stdio: stdioOf(tool, input, lockFd) as Stdio<3>,
      ...(input === undefined ? {} : { input }),
    });
    // A grandchild may keep the pipes of a killed tool open: execa would wait for it.
    const pipes = setTimeout(
      () => [child.stdout, child.stderr].map((pipe) => pipe?.destroy()),
      timeout + GRACE,
    );
    try {
      const finished: Finished = await child;
      const output = { stdout: textOf(finished.stdout), stderr: textOf(finished.stderr) };
      return resultOf({ status: finished.exitCode ?? null, ...output }, errorCodeOf(finished));
    } finally {
      clearTimeout(pipes);
    }
  };

/** Milliseconds between the end of a tool that hung and the end of our reading. */
const GRACE = 100;

/** The runner of commands with its defaults: no lock, timeoutOf(tool), TOOL_OUTPUT. */
export const run: AsyncRunner = makeRunner();

interface Finished {
  readonly exitCode?: number | undefined;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly timedOut: boolean;
  readonly isMaxBuffer: boolean;
  readonly code?: string | undefined;
}

const errorCodeOf = (child: Finished): string | undefined => {
  if (child.timedOut) return 'ETIMEDOUT';
  return child.isMaxBuffer ? 'ENOBUFS' : child.code;
};

const textOf = (output: unknown): string => (typeof output === 'string' ? output : '');
