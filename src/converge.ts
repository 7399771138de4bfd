import { type Attempt, attempt, type Job } from './attempt.ts';
import { NFT_TABLE } from './config/constants.ts';
import { trackingModule } from './config/helper-modules.ts';
import { holdsConnections } from './desired/uplinks.ts';
import { lostConnections, vanishedAddresses } from './events/connections.ts';
import { findRefused, type RefusedThere, refusedTwice, rememberRefused } from './events/refused.ts';
import { forgetRestored, type Lacking, rememberStates, rememberTool } from './events/remember.ts';
import { look, type View } from './look.ts';
import type { Change, Conflict, Desired, LinkEvent, Memory, Observed, UplinkState } from './model.ts';
import { describeChangeFailure } from './system/apply.ts';
import { abortConnections, adoptConnections, forgetConnections, type Tracked } from './system/connections.ts';
import { readConnections, readUptime } from './system/sysctl.ts';
import { tryRefused } from './trial.ts';

/** What one run over the kernel did. */
export interface Outcome {
  readonly memory: Memory;
  readonly states: readonly UplinkState[];
  /** What was seen at last, before the changes of the last attempt, and what should be there. */
  readonly observed: Observed;
  readonly desired: Desired;
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
  /** What this kernel or this machine lacks, said once, and what was mended: nothing that trying again would change. */
  readonly notices: readonly string[];
  /** What could not be done, in words; everything else was. */
  readonly problems: readonly string[];
}

/**
 * Observe, compute, apply the difference, in as many rounds as it takes (`attemptAll`). At last the connections of uplinks
 * that were lost are ended, when new ones have another way already.
 */
export const converge = async (job: Job, memory: Memory, events: readonly LinkEvent[]): Promise<Outcome> => {
  const trial = await tryRefused(job, memory, events);
  const [first, ...others] = await attemptAll(job, trial.memory, events);
  const last = others.at(-1) ?? first;
  const rounds = [first, ...others];
  const tracked = await trackConnections(job, memory, rounds);
  const isNews = tracked.missing !== undefined && !memory.missingTools.includes('conntrack');
  return {
    memory: rememberStates(rememberEnd(last, job, tracked), last.view.states, readUptime()),
    states: last.view.states,
    observed: last.view.observed,
    desired: last.view.desired,
    changes: [trial, ...rounds].flatMap(({ done }) => done),
    conflicts: last.view.conflicts,
    notices: [
      ...(first.mistaken && rounds.some(hasLoaded) ? [MISTAKEN] : []),
      ...rounds.flatMap(({ lacking }) => describeLacking(lacking)),
      ...(isNews ? [tracked.missing] : []),
    ],
    problems: [
      ...rounds.flatMap(({ view, problems }) => [...view.problems, ...problems]),
      ...last.failures.map(describeChangeFailure),
      ...tracked.problems,
      ...(await abortVanished(job, last.view)),
    ],
  };
};

/** One that two rounds found refused is not tried in the third; the fourth is for a link that has flapped meanwhile. */
const MOST_ROUNDS = 4;

/**
 * If the kernel refused something, or has another ruleset than we believed, once more from a fresh look: links may have
 * come and gone meanwhile, and what this kernel lacks is not wanted any more. Again as long as it refuses a gateway: with
 * it goes every multipath that it is in.
 */
const attemptAll = async (
  job: Job,
  memory: Memory,
  events: readonly LinkEvent[],
): Promise<[Attempt, ...Attempt[]]> => {
  const first = await attempt(job, await look(job, memory, events));
  const others: Attempt[] = [];
  const wary: Job = { ...job, trust: false };
  for (let before = first; needsAnother(before, others.length, job); ) {
    const last = await attempt(wary, await look(wary, before.memory, []));
    before = { ...last, memory: learnRefused(before, last, job) };
    others.push(before);
  }
  return [first, ...others];
};

const needsAnother = (last: Attempt, others: number, job: Job): boolean =>
  !isDone(last) && others + 1 < MOST_ROUNDS && (others === 0 || refusedIn(last, job).refused.length > 0);

const learnRefused = (before: Attempt, last: Attempt, job: Job): Memory => {
  const twice = refusedTwice(refusedIn(before, job), refusedIn(last, job));
  return rememberRefused(last.memory, twice, last.view.observed.links, readUptime());
};

const refusedIn = ({ failures, view }: Attempt, { config }: Job): RefusedThere => ({
  refused: findRefused(failures, config),
  links: view.observed.links,
});

const isDone = ({ failures, mistaken }: Attempt): boolean => failures.length === 0 && !mistaken;

const MISTAKEN = `nft table inet ${NFT_TABLE}: somebody has changed or deleted it; it is loaded again`;

const describeLacking = ({ qdiscs, helpers }: Lacking): string[] => [
  ...qdiscs.map((kind) => describeMissing(`qdisc ${kind}`, `sch_${kind}`)),
  ...helpers.map((name) => describeMissing(`helper "${name}"`, trackingModule(name))),
];

const describeMissing = (what: string, module: string): string =>
  `${what}: this kernel does not have it; load or build the module ${module}, then run "mlb-hooks apply"`;

/** A run that left nothing to do has also given back the sysctls of devices that are no uplinks any more. */
const rememberEnd = (last: Attempt, { config }: Job, { tried, missing }: Tracking): Memory => {
  const { memory, failures, view } = last;
  const kept = failures.length === 0 ? forgetRestored(memory, config, view.observed) : memory;
  return tried ? rememberTool(kept, 'conntrack', missing !== undefined) : kept;
};

interface Tracking extends Tracked {
  /** Whether there was anything to do. */
  readonly tried: boolean;
}

/**
 * Without a ruleset no connection is assigned to an uplink; with the first one, those that have begun before are. Of
 * uplinks that were lost the kernel forgets what it knows.
 */
const trackConnections = async (
  { config, run, countConnections = readConnections }: Job,
  before: Memory,
  rounds: readonly Attempt[],
): Promise<Tracking> => {
  const view = rounds.at(-1)?.view;
  if (view?.ruleset === undefined || view.observed.nft === undefined) return NOTHING_TRACKED;
  // As in the first hook after boot.
  if (countConnections() === 0) return NOTHING_TRACKED;
  const { markMask } = config.settings;
  const adopted = rounds.some(isFirstLoad) ? view.states.filter(isTelling(view.states)) : [];
  const lost = lostConnections(before, view.states, view.observed);
  const adopting = await adoptConnections(adopted, markMask, run);
  const forgetting = await forgetConnections(lost, markMask, run);
  const missing = adopting.missing ?? forgetting.missing;
  return {
    tried: adopted.length + lost.length > 0,
    problems: [...adopting.problems, ...forgetting.problems],
    ...(missing === undefined ? {} : { missing }),
  };
};

const NOTHING_TRACKED: Tracking = { tried: false, problems: [] };

/** An address that two uplinks have says of no connection whose it is. */
const isTelling =
  (states: readonly UplinkState[]) =>
  (state: UplinkState): boolean =>
    holdsConnections(state) &&
    !states.some(
      (other) =>
        other !== state &&
        holdsConnections(other) &&
        other.addresses.some(({ address }) => state.addresses.some((own) => own.address === address)),
    );

const hasLoaded = ({ done }: Attempt): boolean =>
  done.some((change) => change.kind === 'nft' && change.op === 'load');

const isFirstLoad = (attempt: Attempt): boolean =>
  attempt.view.observed.nft?.loaded === undefined && hasLoaded(attempt);

const abortVanished = async ({ config, run }: Job, { memory, observed }: View): Promise<string[]> =>
  config.settings.abortConnections ? abortConnections(vanishedAddresses(memory, observed), run) : [];
