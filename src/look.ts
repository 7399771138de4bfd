import { computeDesired } from './desired/desired.ts';
import { rulesetFacts } from './desired/nft.ts';
import { computeUplinks } from './desired/uplinks.ts';
import { foldEvents } from './events/fold.ts';
import { isEdited } from './kernel/nft.ts';
import type {
  Change,
  Config,
  Conflict,
  Desired,
  LinkEvent,
  Memory,
  NftTable,
  Observed,
  Ruleset,
  RulesetFacts,
  Runner,
  UplinkState,
} from './model.ts';
import { computePlan } from './plan/plan.ts';
import { readNftTable, type Unread } from './system/nft-table.ts';
import { observe } from './system/observe.ts';
import { readUptime } from './system/sysctl.ts';

/** What to converge to, from what is there: `computeDesired`, or nothing at all for `flush`. */
export type Target = (
  config: Config,
  states: readonly UplinkState[],
  observed: Observed,
  memory: Memory,
) => Desired;

/** What a look needs. */
export interface Looking {
  readonly config: Config;
  readonly run: Runner;
  readonly target?: Target;
  /** Believes what is remembered of the ruleset: a hook, which has no time to list it. */
  readonly trust?: boolean;
  /** Changes that are not made now: the monitor's, that somebody else undoes again and again. */
  readonly leave?: (change: Change) => boolean;
  /** The monitor's own verdicts; others read what it has written down. */
  readonly verdicts?: () => Observed['verdicts'];
}

/** Everything that `plan` shows and `apply` does. */
export interface View {
  readonly observed: Observed;
  readonly memory: Memory;
  readonly states: readonly UplinkState[];
  readonly desired: Desired;
  /** What should be loaded. */
  readonly ruleset: Ruleset | undefined;
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
  readonly problems: readonly string[];
}

/** Observes the kernel and computes what must change. Touches nothing. */
export const look = async (
  { config, run, target = computeDesired, trust = false, leave, verdicts }: Looking,
  memory: Memory,
  events: readonly LinkEvent[],
): Promise<View> => {
  const unread: (Unread & { readonly tool: 'tc' | 'nft' })[] = [];
  const onUnread = (tool: 'tc' | 'nft', failure: Unread): unknown => unread.push({ tool, ...failure });
  const own = verdicts === undefined ? {} : { verdicts: verdicts() };
  const seen = await observe(config, memory, run, { trust, onUnread, ...own });
  const folded = foldEvents(memory, events, config, seen.links, readUptime());
  const states = computeUplinks(config, seen, folded);
  const desired = target(config, states, seen, folded);
  const facts = rulesetFacts(states, folded);
  const listed =
    seen.nft !== undefined && mustList(seen.nft, desired.nft)
      ? await readNftTable(run, (failure) => onUnread('nft', failure))
      : seen.nft;
  const nft = trust ? listed : await withoutEdited(listed, desired.nft, config, facts);
  const observed = { ...seen, nft };
  const plan = computePlan(config, desired, observed);
  const { conflicts } = plan;
  const changes = leave === undefined ? plan.changes : plan.changes.filter((change) => !leave(change));
  return {
    observed,
    memory: folded,
    states,
    desired,
    ruleset: desired.nft,
    changes: changes.some(({ kind }) => kind === 'nft')
      ? (await import('./ruleset/fill.ts')).fillRuleset(changes, config, observed, facts)
      : changes,
    conflicts,
    // Without nft, and with nothing that we loaded, there is nothing to take away.
    problems: unread
      .filter(
        ({ tool, missing }) =>
          !(tool === 'nft' && missing && desired.nft === undefined && memory.loaded === undefined),
      )
      .map(({ message }) => message),
  };
};

/** A table that was believed must be listed when all of it is to be replaced. */
const mustList = ({ loaded, objects }: NftTable, desired: Ruleset | undefined): boolean =>
  objects === undefined && desired !== undefined && loaded?.build !== desired.build;

/** A table that should be right already, but has been edited by somebody, is not what we have loaded. */
const withoutEdited = async (
  table: NftTable | undefined,
  desired: Ruleset | undefined,
  config: Config,
  facts: RulesetFacts,
): Promise<NftTable | undefined> => {
  if (table?.loaded === undefined || table.objects === undefined) return table;
  const { loaded, objects } = table;
  if (loaded.build !== desired?.build) return table;
  const { ruleCounts } = await import('./ruleset/fill.ts');
  return isEdited(objects, ruleCounts(config, loaded, facts)) ? { objects } : table;
};
