import { computeDesired } from './desired/desired.ts';
import { computeUplinks } from './desired/uplinks.ts';
import { foldEvents } from './events/fold.ts';
import {
  forgetRestored,
  missingKinds,
  rememberMissing,
  rememberRefused,
  rememberStates,
  rememberSysctls,
  vanishedAddresses,
} from './events/remember.ts';
import type {
  Change,
  Config,
  Conflict,
  Desired,
  Failure,
  LinkEvent,
  Memory,
  Observed,
  Runner,
  UplinkState,
} from './model.ts';
import { computePlan } from './plan/plan.ts';
import { applyChanges, describeChangeFailure } from './system/apply.ts';
import { observe } from './system/observe.ts';
import { readUptime } from './system/sysctl.ts';
import { describeFailure } from './system/tool-failure.ts';

/** What to converge to, from what is there: `computeDesired`, or nothing at all for `flush`. */
export type Target = (
  config: Config,
  states: readonly UplinkState[],
  observed: Observed,
  memory: Memory,
) => Desired;

/** What stays the same over all rounds of a run. */
export interface Job {
  readonly config: Config;
  readonly run: Runner;
  readonly target?: Target;
  /**
   * Called before the first change is made, so that a run that is killed half-way does not lose what it must
   * restore.
   */
  readonly remember: (memory: Memory) => void;
}

/** Everything that `plan` shows and `apply` does. */
export interface View {
  readonly observed: Observed;
  readonly memory: Memory;
  readonly states: readonly UplinkState[];
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
  readonly problems: readonly string[];
}

/** What one run over the kernel did. */
export interface Outcome {
  readonly memory: Memory;
  readonly states: readonly UplinkState[];
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
  /** What this kernel cannot do, said once: nothing that trying again would mend. */
  readonly notices: readonly string[];
  /** What could not be done, in words; everything else was. */
  readonly problems: readonly string[];
}

/** Observes the kernel and computes what must change. Touches nothing. */
export const look = async (
  { config, run, target = computeDesired }: Omit<Job, 'remember'>,
  memory: Memory,
  events: readonly LinkEvent[],
): Promise<View> => {
  const problems: string[] = [];
  const observed = await observe(config, memory, run, (message) => problems.push(message));
  const folded = foldEvents(memory, events, config, observed.links, readUptime());
  const states = computeUplinks(config, observed, folded);
  const plan = computePlan(config, target(config, states, observed, folded), observed);
  return { observed, memory: folded, states, ...plan, problems };
};

/**
 * Observe, compute, apply the difference. If the kernel refused something, once more from a fresh look: links may
 * have come and gone meanwhile, and a qdisc that this kernel lacks is not wanted any more.
 */
export const converge = async (job: Job, memory: Memory, events: readonly LinkEvent[]): Promise<Outcome> => {
  const first = await attempt(job, await look(job, memory, events));
  const last = first.failures.length === 0 ? first : await attempt(job, await look(job, first.memory, []));
  const aborting = job.config.settings.abortConnections ? await abortVanished(first.view, job.run) : [];
  const rounds = last === first ? [first] : [first, last];
  return {
    memory: rememberStates(
      last.failures.length === 0 ? forgetRestored(last.memory, job.config, last.view.observed) : last.memory,
      last.view.states,
      readUptime(),
    ),
    states: last.view.states,
    changes: rounds.flatMap(({ done }) => done),
    conflicts: last.view.conflicts,
    notices: rounds.flatMap(({ lacking }) => lacking.map(describeMissingKind)),
    problems: [
      ...rounds.flatMap(({ view }) => view.problems),
      ...last.failures.map(describeChangeFailure),
      ...aborting,
    ],
  };
};

interface Attempt {
  readonly view: View;
  readonly memory: Memory;
  readonly done: readonly Change[];
  readonly failures: readonly Failure[];
  /** Kinds of qdisc that turned out to be missing. */
  readonly lacking: readonly string[];
}

const attempt = async (job: Job, view: View): Promise<Attempt> => {
  const memory = rememberSysctls(view.memory, view.changes, view.observed);
  if (view.changes.length === 0) return { view, memory, done: [], failures: [], lacking: [] };
  job.remember(memory);
  const failures = await applyChanges(view.changes, job.run);
  const failed = new Set(failures.map(({ change }) => change));
  const lacking = missingKinds(failures, memory);
  return {
    view,
    memory: rememberRefused(rememberMissing(memory, lacking), failures, job.config),
    done: view.changes.filter((change) => !failed.has(change)),
    failures,
    lacking,
  };
};

const describeMissingKind = (kind: string): string =>
  `qdisc ${kind}: this kernel does not have it; load or build the module sch_${kind}, then run "mlb-hooks apply"`;

/**
 * Aborts the router's own TCP connections from addresses that are gone (ss(8), -K; needs a kernel with
 * INET_DIAG_DESTROY): they would hang for minutes. Best effort, the kernel may not support it; returns what the
 * operator can mend, a missing ss.
 */
const abortVanished = async ({ memory, observed }: View, run: Runner): Promise<string[]> => {
  const vanished = vanishedAddresses(memory, observed);
  if (vanished.length === 0) return [];
  const filter = vanished.map((address) => `src ${address}`).join(' or ');
  const args = ['-K', '-t', '-n', `( ${filter} )`];
  const result = await run('ss', args);
  return result.errorCode === undefined ? [] : [describeFailure('ss', args, result)];
};
