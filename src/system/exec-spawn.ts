import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { messageOf } from '../errors.ts';
import type { ToolResult } from '../model.ts';
import type { AsyncRunner } from './exec.ts';
import { codeOf } from './run-dir.ts';
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

/**
 * Makes the runner of the monitor, on spawn: others may wait for a run, and execa costs as much time as the tool itself.
 * It never rejects; results are those of makeRunnerSync.
 */
export const makeRunnerSpawn =
  (options: RunnerOptions = {}): AsyncRunner =>
  async (tool, args, input) => {
    const path = toolPath(tool);
    if (path === undefined) return NOT_FOUND;
    const { lockFd, timeout = timeoutOf(tool), maxOutput = TOOL_OUTPUT } = options;
    try {
      const child = spawn(path, args, {
        cwd: '/',
        env: TOOL_ENVIRONMENT,
        stdio: stdioOf(tool, input, lockFd),
      });
      // A tool that ends before it read all of its input is judged by its status.
      child.stdin?.on('error', () => {}).end(input);
      return await finished(child, timeout, maxOutput);
    } catch (thrown) {
      return resultOf(NOTHING, codeOf(thrown) ?? messageOf(thrown));
    }
  };

const NOTHING = { status: null, stdout: '', stderr: '' } as const;

const finished = (child: ChildProcess, timeout: number, maxOutput: number): Promise<ToolResult> =>
  new Promise((resolve, reject) => {
    let code: string | undefined;
    const end = (reason: string): void => {
      code ??= reason;
      child.kill('SIGKILL');
      // A grandchild may keep the pipes of a killed tool open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const timer = setTimeout(end, timeout, 'ETIMEDOUT');
    const tooMuch = (): void => end('ENOBUFS');
    const stdout = collect(child.stdout, maxOutput, tooMuch);
    const stderr = collect(child.stderr, maxOutput, tooMuch);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve(resultOf({ status, stdout: stdout(), stderr: stderr() }, code));
    });
  });

/** Keeps what a pipe brings; the function returned tells it. Without descriptors left there is no pipe. */
const collect = (pipe: Readable | null | undefined, most: number, tooMuch: () => void): (() => string) => {
  const chunks: Buffer[] = [];
  let length = 0;
  pipe?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > most) tooMuch();
  });
  return () => Buffer.concat(chunks).toString();
};
