/** One run of the pure core over a fake kernel: what src/converge.ts does, without processes and files. */
import { computeDesired, computeNothing } from '../../../src/desired/desired.ts';
import { computeUplinks } from '../../../src/desired/uplinks.ts';
import { foldEvents } from '../../../src/events/fold.ts';
import {
  findLacking,
  rememberLacking,
  rememberLoaded,
  rememberStates,
  rememberSysctls,
} from '../../../src/events/remember.ts';
import type {
  Change,
  Config,
  Desired,
  Failure,
  LinkEvent,
  Memory,
  Observed,
  Plan,
  UplinkState,
} from '../../../src/model.ts';
import { computePlan } from '../../../src/plan/plan.ts';
import type { FakeKernel } from '../../helpers/fake-kernel.ts';

export interface Look {
  readonly observed: Observed;
  readonly desired: Desired;
  readonly memory: Memory;
  readonly states: readonly UplinkState[];
  readonly plan: Plan;
}

/** What a run would do now. `trust`: as a hook, which believes what is remembered of the ruleset. */
export const look = (
  kernel: FakeKernel,
  config: Config,
  memory: Memory,
  events: readonly LinkEvent[] = [],
  trust = false,
): Look => {
  const seen = kernel.observe();
  const { loaded } = memory;
  const observed = trust && loaded !== undefined ? { ...seen, nft: { loaded } } : seen;
  const folded = foldEvents(memory, events, config, observed.links, 1);
  const states = computeUplinks(config, observed, folded);
  const desired = computeDesired(config, states, observed, folded);
  return { observed, desired, memory: folded, states, plan: computePlan(config, desired, observed) };
};

/** Called after every single change that a run makes, and with undefined before the first of a plan. */
export type Watch = (change: Change | undefined, planned: Look) => void;

/** A whole run of a hook: look, apply, and once more if the kernel refused something. Returns what is remembered. */
export const run = (
  kernel: FakeKernel,
  config: Config,
  memory: Memory,
  events: readonly LinkEvent[] = [],
  watch: Watch = () => undefined,
): Memory => {
  const first = attempt(kernel, look(kernel, config, memory, events, true), watch);
  const last = first.isDone ? first : attempt(kernel, look(kernel, config, first.memory), watch);
  return rememberStates(last.memory, last.states, 1);
};

/** `mlb-hooks flush`; returns what is remembered. */
export const flush = (kernel: FakeKernel, config: Config, memory: Memory): Memory => {
  const observed = kernel.observe();
  const plan = computePlan(config, computeNothing(observed, memory), observed);
  kernel.apply(plan.changes);
  return rememberLoaded({ ...memory, sysctls: [] }, observed.nft, plan.changes, false);
};

interface Attempt {
  readonly memory: Memory;
  readonly states: readonly UplinkState[];
  readonly isDone: boolean;
}

const attempt = (kernel: FakeKernel, planned: Look, watch: Watch): Attempt => {
  const { observed, desired, plan, states } = planned;
  const memory = rememberSysctls(planned.memory, plan.changes, kernel.observe());
  watch(undefined, planned);
  const failures: Failure[] = [];
  for (const change of plan.changes) {
    if (change.kind === 'nft' && failures.some(isOfNft)) continue;
    failures.push(...kernel.apply([change]));
    watch(change, planned);
  }
  const failed = failures.some(isOfNft);
  const mistaken = !failed && !isLoaded(kernel, desired);
  const lacking = rememberLacking(memory, findLacking(failures, memory));
  return {
    memory: rememberLoaded(lacking, observed.nft, plan.changes, failed),
    states,
    isDone: failures.length === 0 && !mistaken,
  };
};

const isOfNft = ({ change }: Failure): boolean => change.kind === 'nft';

/** What a hook asks at its end: whether the marker is there. */
const isLoaded = ({ state: { ruleset } }: FakeKernel, { nft }: Desired): boolean =>
  JSON.stringify(ruleset) === JSON.stringify(nft);
