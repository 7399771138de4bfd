/** The monitor's word for hooks and commands. */
import { messageOf, UserError } from '../errors.ts';
import type { Verdict } from '../model.ts';
import { type Findings, runningMonitor, writeFindings } from '../system/verdicts.ts';

/** Seconds for which a word is believed, and after which one that says the same is written anew. */
const BELIEVED = 15;
const REFRESH = 5;

export interface Publisher {
  /** Writes the word if it says something new, or will soon expire. */
  readonly publish: (verdicts: ReadonlyMap<number, Verdict>, left: readonly string[]) => void;
}

/** `now`: seconds of uptime. A word that cannot be written is said by `onProblem`, and tried again. */
export const createPublisher = (now: () => number, onProblem: (text: string) => void): Publisher => {
  let last = { text: '', at: Number.NEGATIVE_INFINITY };
  return {
    publish: (verdicts, left) => {
      const findings: Findings = {
        pid: process.pid,
        until: now() + BELIEVED,
        verdicts: [...verdicts.values()],
        left,
      };
      const text = essenceOf(findings);
      if (text === last.text && now() - last.at < REFRESH) return;
      try {
        writeFindings(findings);
        last = { text, at: now() };
      } catch (thrown) {
        onProblem(
          `what the monitor found cannot be written: ${messageOf(thrown)}; hooks do without it until there is space in /run`,
        );
      }
    },
  };
};

/** What hooks decide by; the measured numbers change all the time. */
const essenceOf = ({ verdicts, left }: Findings): string =>
  JSON.stringify([left, verdicts.map(({ id, device, index, health }) => [id, device, index, health])]);

/** Throws a UserError if another monitor runs: two would undo each other's work. `now`: seconds of uptime. */
export const refuseSecond = (now: number): void => {
  const other = runningMonitor(now);
  if (other !== undefined)
    throw new UserError(
      `a monitor runs already, as process ${other}`,
      `stop it first: systemctl stop mlb-hooks, or kill ${other}`,
    );
};
