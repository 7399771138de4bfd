/** A tool that runs for as long as we do, and is started again when it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf } from '../errors.ts';
import { NOT_FOUND, TOOL_ENVIRONMENT } from '../system/runner.ts';
import { stripControl } from '../system/strip-control.ts';
import { describeFailure } from '../system/tool-failure.ts';
import { toolPath } from '../system/tool-path.ts';

export interface ListenerOptions {
  readonly tool: string;
  readonly args: readonly string[];
  readonly onOutput: (chunk: string) => void;
  readonly onErrors: (chunk: string) => void;
  /** It listens now: what happened before may have been missed. */
  readonly onListening: () => void;
  /** What is wrong, in words; the same is not said twice in a row. */
  readonly onProblem: (text: string) => void;
}

/** Milliseconds from its start until a tool listens: it needs a few, more on a busy machine. */
const LISTENING = 100;

/** Milliseconds until it is started again: twice as long each time, until it has run for a while. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5000;
const STEADY = 2000;

/** Most characters of what a tool said that are repeated when it ends. */
const SAID = 300;

/** Starts a tool and keeps it running until `stop`. Never throws. */
export const keepListening = (options: ListenerOptions): { readonly stop: () => void } => {
  const { tool, args, onOutput, onErrors, onListening, onProblem } = options;
  let pause = FIRST_PAUSE;
  let problem = '';
  let stopped = false;
  let end = (): void => {};

  const again = (text: string): void => {
    if (text !== problem) onProblem(text);
    problem = text;
    const timer = setTimeout(start, pause);
    pause = Math.min(LONGEST_PAUSE, 2 * pause);
    end = () => clearTimeout(timer);
  };

  const start = (): void => {
    const path = toolPath(tool);
    if (path === undefined) {
      again(describeFailure(tool, args, NOT_FOUND));
      return;
    }
    const child = trySpawn(endedWithUs([path, ...args]));
    if (typeof child === 'string') {
      again(`${tool}: could not be run (${child}); it is tried again`);
      return;
    }
    const listening = setTimeout(onListening, LISTENING);
    const steady = setTimeout(() => {
      pause = FIRST_PAUSE;
      problem = '';
    }, STEADY);
    let said = '';
    let isOver = false;
    const over = (how: string): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(listening);
      clearTimeout(steady);
      if (!stopped) again(`${[tool, ...args].join(' ')}: ${how}; it is started again`);
    };
    // Without descriptors left there are no pipes, and `error` tells.
    child.stdout?.setEncoding('utf8').on('data', onOutput);
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      said = chunk;
      onErrors(chunk);
    });
    child.on('error', (error) => over(`could not be run (${error.message})`));
    child.on('close', (status, signal) => over(describeEnd(status, signal, said)));
    end = () => {
      over('stopped');
      // One that somebody has stopped would not take notice of anything else.
      child.kill('SIGKILL');
    };
  };

  start();
  return {
    stop: () => {
      stopped = true;
      end();
    },
  };
};

/** The child, or why there is none. */
const trySpawn = ([program = '', ...args]: readonly string[]): ChildProcess | string => {
  try {
    return spawn(program, args, { cwd: '/', env: TOOL_ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (thrown) {
    return messageOf(thrown);
  }
};

const describeEnd = (status: number | null, signal: string | null, said: string): string => {
  const words = stripControl(said.trim(), SAID);
  return `${signal === null ? `ended with status ${status}` : `was ended by ${signal}`}${words === '' ? '' : ` (${words})`}`;
};

/** The command that is killed by the kernel when we are: a listener notices nothing until it has something to say. */
const endedWithUs = (command: readonly string[]): readonly string[] => {
  const setpriv = toolPath('setpriv');
  return setpriv === undefined ? command : [setpriv, '--pdeathsig', 'KILL', ...command];
};
