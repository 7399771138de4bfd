import { messageOf } from '../errors.ts';
import { NOTIFY_DIR } from '../system/paths.ts';
import { type ChangeOfState, environmentOf, jsonOf } from './facts.ts';
import { problemOf } from './problem.ts';
import { createQueue } from './queue.ts';
import { runScript } from './run-script.ts';
import { listScripts } from './scripts.ts';

export type { ChangeOfState };

/** Tells executables of changes. Neither function throws or waits for a script. */
export interface Notifier {
  readonly tell: (change: ChangeOfState) => void;
  /** Ends the script that runs and forgets the changes that wait; resolves when nothing of ours runs any more. */
  readonly stop: () => Promise<void>;
}

/** Most changes that wait: a script that takes its whole time for each must not fill the memory. */
const MOST_WAITING = 100;

/**
 * Runs the executables of notify.d for each change: one change after the other, and for each one script after the
 * other. `timeoutSeconds` is asked anew for each script; `onProblem` hears of those that fail, hang or are not run,
 * the latter once.
 */
export const createNotifier = (options: {
  readonly timeoutSeconds: () => number;
  readonly onProblem: (text: string) => void;
  readonly directory?: string;
}): Notifier => {
  const { timeoutSeconds, onProblem, directory = NOTIFY_DIR } = options;
  const stopping = new AbortController();
  let known: ReadonlySet<string> = new Set();

  const work = async (change: ChangeOfState): Promise<void> => {
    const { scripts, problems } = listScripts(directory);
    for (const text of problems) if (!known.has(text)) onProblem(text);
    known = new Set(problems);
    const given = { environment: environmentOf(change), input: jsonOf(change), stop: stopping.signal };
    for (const script of scripts) {
      if (stopping.signal.aborted) return;
      const seconds = timeoutSeconds();
      const ending = await runScript(script, { ...given, timeoutSeconds: seconds });
      const problem = problemOf(script.path, change, ending, seconds);
      if (problem !== undefined) onProblem(problem);
    }
  };
  const queue = createQueue<ChangeOfState>({
    limit: MOST_WAITING,
    work: (change) =>
      work(change).catch((thrown: unknown) => onProblem(`${directory}: ${messageOf(thrown)}`)),
    onDrop: () =>
      onProblem(
        `${directory}: more than ${MOST_WAITING} changes wait to be told, the oldest are dropped; let its scripts do less, or lower notify-timeout in [monitor]`,
      ),
  });
  return {
    tell: (change) => {
      if (!stopping.signal.aborted) queue.add(change);
    },
    stop: async () => {
      stopping.abort();
      const { forgotten, ended } = queue.clear();
      if (forgotten > 0) onProblem(`${directory}: changes that were not told before the end: ${forgotten}`);
      await ended;
    },
  };
};
