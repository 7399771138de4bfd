import { type ChildProcess, spawn } from 'node:child_process';
import { NOT_FOUND, TOOL_ENVIRONMENT } from '../system/runner.ts';
import { stripControl } from '../system/strip-control.ts';
import { describeFailure } from '../system/tool-failure.ts';
import { toolPath } from '../system/tool-path.ts';

/** Who listens to a child. */
export interface Listener {
  /** Each chunk of its stdout. */
  readonly onOutput: (chunk: Buffer) => void;
  /** Each chunk of its stderr. */
  readonly onError?: (chunk: string) => void;
  /** It has ended, or could not be started: called once, never before `startTool` has returned. */
  readonly onEnd: (end: End) => void;
}

/** How a child ended. */
export interface End {
  /** The last line of its stderr, or what else is known, for people. */
  readonly said: string;
  /** It is not installed. */
  readonly missing: boolean;
  /** A signal ended it, and not one of ours. */
  readonly killed: boolean;
}

/** A child. After `kill` its listener hears nothing any more, its end included. */
export interface Started {
  readonly write: (bytes: Uint8Array) => void;
  readonly kill: () => void;
}

/** Most characters that are kept of what it says on stderr. */
const SAID_LIMIT = 300;

/** Starts a tool that is neither waited for nor ended by anybody but us. `input`: something will be written to it. */
export const startTool = (
  tool: string,
  args: readonly string[],
  listener: Listener,
  { input = false }: { readonly input?: boolean } = {},
): Started => {
  let over = false;
  let said = `${tool} ended and said nothing`;
  const end = (reason: string, how: Partial<End> = {}): void => {
    if (over) return;
    over = true;
    listener.onEnd({ said: reason, missing: false, killed: false, ...how });
  };
  const child = trySpawn(tool, args, input);
  if (typeof child === 'string') setImmediate(end, child, { missing: toolPath(tool) === undefined });
  // Without descriptors left there are no pipes, whatever the types say, and `error` tells.
  const running = typeof child === 'string' ? undefined : child;
  running?.stdout?.on('data', (chunk: Buffer) => {
    if (!over) listener.onOutput(chunk);
  });
  running?.stderr?.on('data', (chunk: Buffer) => {
    if (over) return;
    const text = chunk.toString();
    said = lastLine(text) || said;
    listener.onError?.(text);
  });
  // A child that has ended does not read any more: what is written then is lost.
  running?.stdin?.on('error', () => {});
  running?.once('error', (error) => end(stripControl(`${tool}: ${error.message}`, SAID_LIMIT)));
  running?.once('close', (_status, signal) =>
    signal === null ? end(said) : end(`${tool} was ended by ${signal}`, { killed: true }),
  );
  return {
    write: (bytes) => running?.stdin?.write(bytes),
    kill: () => {
      over = true;
      running?.kill('SIGKILL');
      // Nothing is read of what a child of its own may still print.
      running?.stdout?.destroy();
      running?.stderr?.destroy();
    },
  };
};

/** The child, or why there is none. */
const trySpawn = (tool: string, args: readonly string[], input: boolean): ChildProcess | string => {
  const path = toolPath(tool);
  if (path === undefined) return describeFailure(tool, [], NOT_FOUND);
  try {
    return spawn(path, args, {
      cwd: '/',
      env: TOOL_ENVIRONMENT,
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
  } catch (thrown) {
    return stripControl(`${tool}: ${thrown instanceof Error ? thrown.message : thrown}`, SAID_LIMIT);
  }
};

const lastLine = (text: string): string => stripControl(text.trim().split('\n').at(-1) ?? '', SAID_LIMIT);
