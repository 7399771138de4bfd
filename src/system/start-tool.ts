import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf } from '../errors.ts';
import { NOT_FOUND, TOOL_ENVIRONMENT } from './runner.ts';
import { stripControl } from './strip-control.ts';
import { causeOf } from './tool-failure.ts';
import { toolPath } from './tool-path.ts';

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
  /** Its status or signal, or why it could not be started, for a sentence that names it. */
  readonly how: string;
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

/** What not every tool needs. */
export interface StartOptions {
  /** Something will be written to it. */
  readonly input?: boolean;
  /** The kernel kills it when we are: it reads nothing, and may print nothing for days, so that it would not notice. */
  readonly endsWithUs?: boolean;
}

/** Most characters that are kept of what it says on stderr. */
const SAID_LIMIT = 300;

/** Starts a tool that is neither waited for nor ended by anybody but us. Never throws. */
export const startTool = (
  tool: string,
  args: readonly string[],
  listener: Listener,
  options: StartOptions = {},
): Started => {
  let over = false;
  let said = '';
  const end = (how: string, more: Partial<End> = {}): void => {
    if (over) return;
    over = true;
    listener.onEnd({ how, said: `${tool}: ${how}`, missing: false, killed: false, ...more });
  };
  const child = trySpawn(tool, args, options);
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
  running?.once('error', (error) => end(notRun(error)));
  running?.once('close', (status, signal) => {
    if (signal !== null) end(`was ended by ${signal}`, { killed: true });
    else if (said === '') end(`ended with status ${status} and said nothing`);
    else end(`ended with status ${status} (${said})`, { said });
  });
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
const trySpawn = (
  tool: string,
  args: readonly string[],
  { input = false, endsWithUs = false }: StartOptions,
): ChildProcess | string => {
  const path = toolPath(tool);
  if (path === undefined) return causeOf(tool, NOT_FOUND);
  const setpriv = endsWithUs ? toolPath('setpriv') : undefined;
  const command = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL'];
  const [program = path, ...rest] = [...command, path, ...args];
  try {
    return spawn(program, rest, {
      cwd: '/',
      env: TOOL_ENVIRONMENT,
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
  } catch (thrown) {
    return notRun(thrown);
  }
};

const notRun = (thrown: unknown): string =>
  `could not be run (${stripControl(messageOf(thrown), SAID_LIMIT)})`;

const lastLine = (text: string): string => stripControl(text.trim().split('\n').at(-1) ?? '', SAID_LIMIT);
