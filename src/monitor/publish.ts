/** The monitor's word for hooks and commands. */
import { messageOf } from '../errors.ts';
import type { Verdict } from '../model.ts';
import { type Findings, writeFindings } from '../system/verdicts.ts';

/** Seconds for which a word is believed, and after which one that says the same is written anew. */
export const BELIEVED = 15;
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

/** What hooks decide by and people read first; the measured numbers change all the time. */
const essenceOf = ({ verdicts, left }: Findings): string =>
  JSON.stringify([
    left,
    verdicts.map(({ id, device, index, health, reason }) => [id, device, index, health, reason]),
  ]);
