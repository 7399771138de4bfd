/** The monitor as a process of a lab: what it prints and when, its children, its end. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { readProc, statOf } from '../../helpers/proc.ts';
import { DIST, type Sandbox } from '../sandbox.ts';

/** A line that the monitor has printed, when it was read here: milliseconds of performance.now(). */
export interface Said {
  readonly at: number;
  readonly text: string;
  readonly isProblem: boolean;
}

export interface Child {
  readonly pid: number;
  /** Its program and arguments. */
  readonly command: string;
}

export interface Monitor {
  readonly pid: () => number;
  /** The sandbox's files as seen from here. */
  readonly root: string;
  /** All that it has printed, that before a restart too. */
  readonly said: readonly Said[];
  /** Waits for a line that it has printed since `since`, or prints within so many seconds. */
  readonly says: (pattern: RegExp, since?: number, seconds?: number) => Promise<Said>;
  /** Its children whose command matches. */
  readonly children: (pattern?: RegExp) => Child[];
  /** Sends a signal to it alone, or to all of its group, as a suspend would stop them. */
  readonly signal: (signal: NodeJS.Signals, everybody?: 'everybody') => void;
  /** Ends it with a signal and waits until it has ended; tells its exit status, null where the signal killed it. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
  /** Starts it again, as a supervisor would. */
  readonly restart: () => void;
}

/** Starts it in the background; `environment`: assignments for its shell. */
export const startMonitor = (box: Sandbox, environment = ''): Monitor => {
  const said: Said[] = [];
  const holder = box.start('exec sleep 3600');
  const start = (): ChildProcess => {
    const child = box.start(`${environment} exec ${process.execPath} ${DIST}/mlb-hooks.cjs monitor`);
    for (const stream of ['stdout', 'stderr'] as const) {
      const input = child[stream];
      if (input === null) continue;
      createInterface({ input }).on('line', (text) => {
        said.push({ at: performance.now(), text, isProblem: stream === 'stderr' });
        if (process.env.SHOW !== undefined) console.log(`${Math.round(performance.now())} ${text}`);
      });
    }
    return child;
  };
  let child = start();
  const pid = (): number => child.pid ?? 0;
  return {
    pid,
    root: `/proc/${holder.pid}/root`,
    said,
    says: async (pattern, since = 0, seconds = 15) => {
      const end = performance.now() + 1000 * seconds;
      for (;;) {
        const found = said.find(({ at, text }) => at >= since && pattern.test(text));
        if (found !== undefined) return found;
        if (performance.now() > end) throw new Error(`no line like ${pattern} in:\n${showSaid(said)}`);
        await sleep(10);
      }
    },
    children: (pattern = /./) => childrenOf(pid()).filter(({ command }) => pattern.test(command)),
    signal: (signal, everybody) => process.kill(everybody === undefined ? pid() : -pid(), signal),
    end: async (signal) => {
      const ended = once(child, 'exit');
      child.kill(signal);
      const [status] = await ended;
      return status as number | null;
    },
    restart: () => {
      child = start();
    },
  };
};

/** What the monitor has printed, for messages. */
export const showSaid = (said: readonly Said[]): string =>
  said.map(({ at, text }) => `${Math.round(at)} ${text}`).join('\n');

/** Whether a process is there and no zombie. */
export const isRunning = (pid: number): boolean => !['', 'Z', 'X'].includes(statOf(pid)[0] ?? '');

const childrenOf = (parent: number): Child[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(statOf(Number(name))[1]) === parent)
    .map((name) => ({
      pid: Number(name),
      command: readProc(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim(),
    }));
