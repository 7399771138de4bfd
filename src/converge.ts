import { type Attempt, attempt, type Job } from './attempt.ts';
import { NFT_TABLE } from './config/constants.ts';
import { lostConnections, vanishedAddresses } from './events/connections.ts';
import { forgetRestored, type Lacking, rememberStates, rememberTool } from './events/remember.ts';
import { look, type View } from './look.ts';
import type { Change, Conflict, LinkEvent, Memory, UplinkState } from './model.ts';
import { describeChangeFailure } from './system/apply.ts';
import { abortConnections, type Forgotten, forgetConnections } from './system/connections.ts';
import { readUptime } from './system/sysctl.ts';

/** What one run over the kernel did. */
export interface Outcome {
  readonly memory: Memory;
  readonly states: readonly UplinkState[];
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
  /** What this kernel or this machine lacks, said once, and what was mended: nothing that trying again would change. */
  readonly notices: readonly string[];
  /** What could not be done, in words; everything else was. */
  readonly problems: readonly string[];
}

/**
 * Observe, compute, apply the difference. If the kernel refused something, or has another ruleset than we believed,
 * once more from a fresh look: links may have come and gone meanwhile, and what this kernel lacks is not wanted any
 * more. At last the connections of uplinks that were lost are ended, when new ones have another way already.
 */
export const converge = async (job: Job, memory: Memory, events: readonly LinkEvent[]): Promise<Outcome> => {
  const first = await attempt(job, await look(job, memory, events));
  const wary: Job = { ...job, trust: false };
  const last = isDone(first) ? first : await attempt(wary, await look(wary, first.memory, []));
  const rounds = last === first ? [first] : [first, last];
  const forgotten = await forgetLost(job, memory, last.view);
  const isNews = forgotten.missing !== undefined && !memory.missingTools.includes('conntrack');
  return {
    memory: rememberStates(rememberEnd(last, job, forgotten), last.view.states, readUptime()),
    states: last.view.states,
    changes: rounds.flatMap(({ done }) => done),
    conflicts: last.view.conflicts,
    notices: [
      ...(first.mistaken ? [MISTAKEN] : []),
      ...rounds.flatMap(({ lacking }) => describeLacking(lacking)),
      ...(isNews ? [forgotten.missing] : []),
    ],
    problems: [
      ...rounds.flatMap(({ view, problems }) => [...view.problems, ...problems]),
      ...last.failures.map(describeChangeFailure),
      ...forgotten.problems,
      ...(await abortVanished(job, last.view)),
    ],
  };
};

const isDone = ({ failures, mistaken }: Attempt): boolean => failures.length === 0 && !mistaken;

const MISTAKEN = `nft table inet ${NFT_TABLE}: somebody has changed or deleted it; it is loaded again`;

const describeLacking = ({ qdiscs, helpers }: Lacking): string[] => [
  ...qdiscs.map((kind) => describeMissing(`qdisc ${kind}`, `sch_${kind}`)),
  ...helpers.map((name) => describeMissing(`helper "${name}"`, `nf_conntrack_${name.replaceAll('-', '_')}`)),
];

const describeMissing = (what: string, module: string): string =>
  `${what}: this kernel does not have it; load or build the module ${module}, then run "mlb-hooks apply"`;

/** A run that left nothing to do has also given back the sysctls of devices that are no uplinks any more. */
const rememberEnd = (last: Attempt, { config }: Job, { tried, missing }: Farewell): Memory => {
  const { memory, failures, view } = last;
  const kept = failures.length === 0 ? forgetRestored(memory, config, view.observed) : memory;
  return tried ? rememberTool(kept, 'conntrack', missing !== undefined) : kept;
};

interface Farewell extends Forgotten {
  /** Whether there was anything to forget. */
  readonly tried: boolean;
}

/** Without a ruleset no connection is assigned to an uplink. */
const forgetLost = async ({ config, run }: Job, before: Memory, view: View): Promise<Farewell> => {
  const { observed, states, ruleset } = view;
  const assigned = ruleset !== undefined && observed.nft !== undefined;
  const lost = assigned ? lostConnections(before, states, observed) : [];
  return { ...(await forgetConnections(lost, config.settings.markMask, run)), tried: lost.length > 0 };
};

const abortVanished = async ({ config, run }: Job, { memory, observed }: View): Promise<string[]> =>
  config.settings.abortConnections ? abortConnections(vanishedAddresses(memory, observed), run) : [];
