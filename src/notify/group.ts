/** Process groups, by the id of their first process; undefined where it was never started. */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Whether any process of the group still runs. One that has ended stays in its group until its parent has taken note,
 * and the first process of a container may take a second for that, or never do it.
 */
export const groupLives = (id: number | undefined): boolean =>
  id !== undefined &&
  signalGroup(id, 0) &&
  readdirSync('/proc').some((name) => /^\d+$/.test(name) && runsIn(name, id));

/** Sends a signal to every process of the group; one that has ended meanwhile is none the worse for it. */
export const endGroup = (id: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void => {
  if (id !== undefined) signalGroup(id, signal);
};

/** False: there is none. */
const signalGroup = (id: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(-id, signal);
  } catch {
    return false;
  }
};

/** proc_pid_stat(5): the name in parentheses may hold anything; then come state, parent and group. */
const runsIn = (member: string, group: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${member}/stat`, 'latin1');
    const [state = '', , id] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(id) === group && !'ZX'.includes(state);
  } catch {
    // It has ended meanwhile.
    return false;
  }
};
