import { spawnSync } from 'node:child_process';
import type { ToolResult } from '../model.ts';
import {
  NOT_FOUND,
  type RunnerOptions,
  resultOf,
  stdioOf,
  TOOL_ENVIRONMENT,
  TOOL_OUTPUT,
  timeoutOf,
} from './runner.ts';
import { toolPath } from './tool-path.ts';

/** A Runner (model.ts) that blocks until the tool has ended. */
export type SyncRunner = (tool: string, args: readonly string[], input?: string) => ToolResult;

/**
 * Makes the runner of the hook path, on spawnSync: the cheapest way to start a process from Node.
 * The runner never throws. `errorCode` is ENOENT for a missing tool, ETIMEDOUT after `timeout`
 * milliseconds, ENOBUFS for too much output, else what spawn said (EACCES, EAGAIN, …).
 */
export const makeRunnerSync =
  (options: RunnerOptions = {}): SyncRunner =>
  (tool, args, input) => {
    const path = toolPath(tool);
    if (path === undefined) return NOT_FOUND;
    const { lockFd, timeout = timeoutOf(tool), maxOutput = TOOL_OUTPUT } = options;
    const child = spawnSync(path, args, {
      cwd: '/',
      env: TOOL_ENVIRONMENT,
      encoding: 'utf8',
      timeout,
      killSignal: 'SIGKILL',
      maxBuffer: maxOutput,
      stdio: stdioOf(tool, input, lockFd),
      ...(input === undefined ? {} : { input }),
    });
    const { status, stdout, stderr, error } = child as Finished;
    return resultOf({ status, stdout: stdout ?? '', stderr: stderr ?? '' }, errorCodeOf(error));
  };

interface Finished {
  readonly status: number | null;
  /** Null, whatever the types say, when the process could not be started. */
  readonly stdout: string | null;
  readonly stderr: string | null;
  readonly error?: Error;
}

const errorCodeOf = (error: Error | undefined): string | undefined => {
  if (error === undefined) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
};
