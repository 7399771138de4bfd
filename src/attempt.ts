import {
  findLacking,
  type Lacking,
  rememberLacking,
  rememberLoaded,
  rememberSysctls,
} from './events/remember.ts';
import type { Looking, View } from './look.ts';
import type { Change, Failure, Memory } from './model.ts';
import { applyChanges } from './system/apply.ts';
import { confirmRuleset } from './system/nft-table.ts';

/** What stays the same over all rounds of a run. */
export interface Job extends Looking {
  /** Where no connection is tracked none is looked for; undefined where that is not known. */
  readonly countConnections?: () => number | undefined;
  /**
   * Called before the first change is made, so that a run that is killed half-way does not lose what it must
   * restore.
   */
  readonly remember: (memory: Memory) => void;
}

/** What became of one plan. */
export interface Attempt {
  readonly view: View;
  readonly memory: Memory;
  readonly done: readonly Change[];
  readonly failures: readonly Failure[];
  /** What this kernel turned out not to have. */
  readonly lacking: Lacking;
  /** The ruleset was not the one that we believed it to be. */
  readonly mistaken: boolean;
  /** What could not be found out, in words. */
  readonly problems: readonly string[];
}

/** Applies what a look has planned; a ruleset that was believed is proved at the end. */
export const attempt = async (job: Job, view: View): Promise<Attempt> => {
  const before = rememberSysctls(view.memory, view.changes, view.observed);
  if (view.changes.length > 0) job.remember(before);
  const { failures, skipped } = await applyChanges(view.changes, job.run);
  const undone = new Set([...skipped, ...failures.map(({ change }) => change)]);
  const done = view.changes.filter((change) => !undone.has(change));
  const lacking = findLacking(failures, before);
  const proof = await prove(job, view);
  const mistaken = proof.loaded === false || (job.trust === true && failures.some(isStaleUpdate));
  const failed = failures.some(({ change }) => change.kind === 'nft');
  return {
    view,
    memory: rememberLoaded(rememberLacking(before, lacking), view.observed.nft, done, failed),
    done,
    failures,
    lacking,
    mistaken,
    problems: proof.problem === undefined ? [] : [proof.problem],
  };
};

/** A transaction of nft proves by itself what it was made upon. */
const prove = async (
  { run }: Job,
  { observed: { nft }, ruleset, changes }: View,
): Promise<{ readonly loaded?: boolean; readonly problem?: string }> => {
  const believed = nft?.loaded !== undefined && nft.objects === undefined;
  const proved = changes.some(({ kind }) => kind === 'nft');
  return !believed || proved || ruleset === undefined ? {} : confirmRuleset(ruleset, run);
};

/** The marker that it deletes is not there. */
const isStaleUpdate = ({ change, cause }: Failure): boolean =>
  change.kind === 'nft' && change.op === 'update' && /No such file or directory/.test(cause);
