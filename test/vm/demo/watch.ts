import { setTimeout as sleep } from 'node:timers/promises';
import { type LineName, uplinkOf } from '../lab/network.ts';
import type { Second, Traffic } from '../lab/traffic.ts';
import type { Screen } from './screen.ts';

/** Shows, second by second, over which line the server gets its packets. */
export type Watch = {
  /** Prints what the columns are. */
  header(): void;
  /** Waits until this many more seconds have been shown. */
  seconds(more: number): Promise<void>;
  stop(): void;
};

const POLL_MS = 250;
const LINE_NAMES: readonly LineName[] = ['dsl1', 'dsl2'];
/** Of one line's columns. */
const WIDTH = 29;

/** Starts to watch: each whole second becomes a line on the screen as soon as it is over. */
export const watchSeconds = (traffic: Traffic, screen: Screen): Watch => {
  let shown = 0;
  let stopped = false;
  let failure: unknown;

  const follow = async (): Promise<void> => {
    while (!stopped) {
      for (const second of (await traffic.seconds()).slice(shown)) {
        shown += 1;
        screen.say(describe(second, shown));
      }
      await sleep(POLL_MS);
    }
  };
  follow().catch((error: unknown) => {
    failure = error;
  });

  return {
    header: () => screen.say(screen.paint.dim(HEADER)),
    seconds: async (more) => {
      for (const last = shown + more; shown < last; ) {
        if (failure !== undefined) throw failure;
        await sleep(POLL_MS);
      }
    },
    stop: () => {
      stopped = true;
    },
  };
};

/** Columns: the number of the second, then for each line the source address, its flows and packets in that second. */
const describe = (second: Second, number: number): string => {
  const cell = (line: LineName): string => {
    const found = Object.entries(second).find(([source]) => uplinkOf(source) === line);
    if (found === undefined) return '-';
    const [source, { packets, flows }] = found;
    return `${source.padEnd(12)}${`${flows.length}`.padStart(5)}${`${packets}`.padStart(8)}`;
  };
  return row(`${number} s`, LINE_NAMES.map(cell));
};

const row = (first: string, cells: readonly string[]): string =>
  `${first.padStart(5)}   ${cells.map((cell) => cell.padEnd(WIDTH)).join('')}`.trimEnd();

const HEADER = row(
  '',
  LINE_NAMES.map((line) => `from ${line}   flows packets`),
);
