/** What a process and all that it has started cost, as /proc tells (proc(5)). */
import { readdirSync } from 'node:fs';
import { readProc, statOf } from '../helpers/proc.ts';

/** Since each of the processes began; those that have ended are counted but for their wake-ups. */
export interface Cost {
  /** Seconds of processor time. */
  readonly cpu: number;
  /** How often one of them went to sleep, and was woken therefore. */
  readonly wakeUps: number;
  /** Bytes: what is theirs alone, and their part of what they share. */
  readonly memory: number;
  readonly processes: number;
}

export const costOf = (root: number): Cost => {
  const pids = treeOf(root);
  const sum = (of: (pid: number) => number): number => pids.reduce((total, pid) => total + (of(pid) || 0), 0);
  return { cpu: sum(cpuOf), wakeUps: sum(wakeUpsOf), memory: sum(memoryOf), processes: pids.length };
};

const treeOf = (root: number): number[] => {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statOf(Number(name))[1])] as const);
  const below = (parent: number): number[] => [
    parent,
    ...parents.flatMap(([pid, of]) => (of === parent ? below(pid) : [])),
  ];
  return below(root);
};

/** Nanoseconds of each thread, since the ticks of /proc/PID/stat are too coarse, and ticks of children that ended. */
const cpuOf = (pid: number): number => {
  const own = tasksOf(pid, 'schedstat').map((text) => Number(text.split(' ')[0]) / 1e9);
  const [ofUser = 0, ofSystem = 0] = statOf(pid).slice(13, 15).map(Number);
  return own.reduce((sum, seconds) => sum + seconds, 0) + (ofUser + ofSystem) / TICKS;
};

/** USER_HZ: 100 on every architecture that Node runs on. */
const TICKS = 100;

const wakeUpsOf = (pid: number): number =>
  tasksOf(pid, 'status')
    .map((text) => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]))
    .reduce((sum, count) => sum + count, 0);

const memoryOf = (pid: number): number =>
  1024 * Number(/^Pss:\s+(\d+)/m.exec(readProc(`/proc/${pid}/smaps_rollup`))?.[1]);

const tasksOf = (pid: number, file: string): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).map((task) => readProc(`/proc/${pid}/task/${task}/${file}`));
  } catch {
    return [];
  }
};
