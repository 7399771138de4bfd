/** The monitor's runs: the very same as a hook's, but that what others undo again and again is left to them. */
import type { Outcome } from '../converge.ts';
import { messageOf } from '../errors.ts';
import type { Change, Config, Desired, Verdict } from '../model.ts';
import { reconcile } from '../reconcile.ts';
import { summarize } from '../report/summary.ts';
import { makeRunnerSpawn } from '../system/exec-spawn.ts';
import { readUptime } from '../system/sysctl.ts';
import { isOfLink } from '../watch/concern.ts';
import { describeLeft, isLeft, NO_REPAIRS, noteRepairs, type Repairs } from '../watch/repairs.ts';
import { listSuspects } from '../watch/suspects.ts';
import type { Journal } from './journal.ts';

export interface RunsOptions {
  readonly config: () => Promise<Config>;
  readonly verdicts: () => ReadonlyMap<number, Verdict>;
  readonly journal: Journal;
}

/** What is known of the runs so far. */
export interface RunCounts {
  readonly count: number;
  readonly failures: number;
  readonly lastSeconds: number | null;
  readonly lastChanges: number | null;
}

export interface Runs {
  /**
   * Converges, because of these. `thorough`: looks at everything, the ruleset too. `busy` where another run holds the
   * lock, which may not know what we know; undefined where it failed. Never throws.
   */
  readonly run: (causes: readonly string[], thorough: boolean) => Promise<Outcome | 'busy' | undefined>;
  readonly counts: () => RunCounts;
  /** What is left alone at present, in words. */
  readonly left: () => readonly string[];
}

export const createRuns = ({ config, verdicts, journal }: RunsOptions): Runs => {
  let counts: RunCounts = { count: 0, failures: 0, lastSeconds: null, lastChanges: null };
  let repairs: Repairs = NO_REPAIRS;
  let desired: Desired | undefined;
  let left: readonly string[] = [];
  /** Who may have done it, as things stood when something was given up. */
  let suspects: readonly string[] = [];
  /** What this run was to change, and has left. */
  let due: Change[] = [];
  const leave = (change: Change): boolean => {
    const isKept = isLeft(repairs, change, readUptime());
    if (isKept) due.push(change);
    return isKept;
  };

  /**
   * What had to be made again though nothing else was wanted is noted; what is too often is given up for a while. With a
   * link or an address the kernel takes routes away by itself: that is nobody's doing.
   */
  const note = (
    { changes, desired: wanted, observed }: Outcome,
    causes: readonly string[],
    thorough: boolean,
  ): void => {
    const before = causes.some(isOfLink) ? undefined : desired;
    const seen = { left: due, observed, thorough };
    const noted = noteRepairs(repairs, changes, before, wanted, readUptime(), seen);
    repairs = noted.repairs;
    desired = wanted;
    if (noted.given.length > 0) suspects = listSuspects();
    const describe = (which: Repairs): readonly string[] =>
      describeLeft(which, readUptime(), observed, suspects);
    left = describe(repairs);
    const given = new Map([...repairs].filter(([key]) => noted.given.includes(key)));
    for (const text of describe(given)) journal.problem(text);
  };

  const finish = (
    outcomes: readonly Outcome[],
    problems: readonly string[],
    causes: readonly string[],
    thorough: boolean,
  ): Outcome | undefined => {
    for (const outcome of outcomes) note(outcome, causes, thorough);
    const last = outcomes.at(-1);
    for (const text of [
      ...problems,
      ...outcomes.flatMap((outcome) => [...outcome.problems, ...outcome.notices]),
    ])
      journal.problem(text);
    for (const { object, consequence, remedy } of last?.conflicts ?? [])
      journal.problem(`not ours: ${object}: ${consequence}; ${remedy}`);
    return last;
  };

  const run: Runs['run'] = async (causes, thorough) => {
    const started = performance.now();
    due = [];
    try {
      const result = await reconcile({
        config,
        waitSeconds: 0,
        makeRunner: makeRunnerSpawn,
        trust: !thorough,
        leave,
        verdicts,
      });
      if (result.kind !== 'done') return 'busy';
      const seconds = (performance.now() - started) / 1000;
      const changes = result.outcomes.flatMap((outcome) => outcome.changes);
      const failed = result.outcomes.some(({ problems }) => problems.length > 0);
      counts = {
        count: counts.count + 1,
        failures: counts.failures + (failed ? 1 : 0),
        lastSeconds: seconds,
        lastChanges: changes.length,
      };
      if (changes.length > 0) journal.say(...spoken(changes, causes, seconds));
      return finish(result.outcomes, result.problems, causes, thorough);
    } catch (thrown) {
      counts = { ...counts, count: counts.count + 1, failures: counts.failures + 1 };
      journal.problem(messageOf(thrown));
      return undefined;
    }
  };
  return { run, counts: () => counts, left: () => left };
};

/** Causes that are named; a flood has thousands. */
const NAMED = 3;

const spoken = (
  changes: readonly Change[],
  causes: readonly string[],
  seconds: number,
): Parameters<Journal['say']> => {
  const ms = Math.round(seconds * 1000);
  const named = [...new Set(causes)].slice(0, NAMED);
  return [
    `${summarize(changes)} in ${ms} ms, because: ${named.join('; ')}`,
    { ms, changed: changes.length, causes: named },
  ];
};
