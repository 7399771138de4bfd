/** One run of the pure core over a fake kernel: what src/converge.ts does, without processes and files. */
import { computeDesired, computeNothing } from '../../../src/desired/desired.ts';
import { computeUplinks } from '../../../src/desired/uplinks.ts';
import { foldEvents } from '../../../src/events/fold.ts';
import {
  missingKinds,
  rememberMissing,
  rememberStates,
  rememberSysctls,
} from '../../../src/events/remember.ts';
import type { Change, Config, Failure, LinkEvent, Memory, Plan, UplinkState } from '../../../src/model.ts';
import { computePlan } from '../../../src/plan/plan.ts';
import type { FakeKernel } from '../../helpers/fake-kernel.ts';

export const EMPTY_MEMORY: Memory = { uplinks: {}, sysctls: [], missingQdiscs: [] };

export interface Look {
  readonly memory: Memory;
  readonly states: readonly UplinkState[];
  readonly plan: Plan;
}

/** What a run would do now. */
export const look = (
  kernel: FakeKernel,
  config: Config,
  memory: Memory,
  events: readonly LinkEvent[] = [],
): Look => {
  const observed = kernel.observe();
  const folded = foldEvents(memory, events, config, observed.links, 1);
  const states = computeUplinks(config, observed, folded);
  const plan = computePlan(config, computeDesired(config, states, observed, folded), observed);
  return { memory: folded, states, plan };
};

/** Called after every single change that a run makes, and with undefined before the first of a plan. */
export type Watch = (change: Change | undefined, planned: Look) => void;

/** A whole run: look, apply, and once more if the kernel refused something. Returns what is remembered. */
export const run = (
  kernel: FakeKernel,
  config: Config,
  memory: Memory,
  events: readonly LinkEvent[] = [],
  watch: Watch = () => undefined,
): Memory => {
  const first = attempt(kernel, look(kernel, config, memory, events), watch);
  const last =
    first.failures.length === 0
      ? first
      : attempt(kernel, look(kernel, config, rememberMissing(first.memory, first.lacking)), watch);
  return rememberStates(rememberMissing(last.memory, last.lacking), last.states, 1);
};

/** `mlb-hooks flush`; returns what is remembered. */
export const flush = (kernel: FakeKernel, config: Config, memory: Memory): Memory => {
  const observed = kernel.observe();
  const plan = computePlan(config, computeNothing(observed, memory), observed);
  kernel.apply(plan.changes);
  return { ...memory, sysctls: [] };
};

interface Attempt {
  readonly memory: Memory;
  readonly states: readonly UplinkState[];
  readonly failures: readonly Failure[];
  readonly lacking: readonly string[];
}

const attempt = (kernel: FakeKernel, planned: Look, watch: Watch): Attempt => {
  const memory = rememberSysctls(planned.memory, planned.plan.changes, kernel.observe());
  watch(undefined, planned);
  const failures = planned.plan.changes.flatMap((change) => {
    const refused = kernel.apply([change]);
    watch(change, planned);
    return refused;
  });
  return { memory, states: planned.states, failures, lacking: missingKinds(failures, memory) };
};
