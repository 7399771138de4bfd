/** What /proc says of processes, proc(5). */
import { readFileSync } from 'node:fs';

/** A file of /proc; empty where the process has ended. */
export const readProc = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** `PID (NAME) STATE PARENT …` from STATE on: a name may hold anything. */
export const statOf = (pid: number): string[] =>
  readProc(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
