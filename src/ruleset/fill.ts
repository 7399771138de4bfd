/** The text of nft changes. A part of its own: only a run that changes the ruleset loads it. */
import type { Change, Config, NftChange, NftLine, Observed, Ruleset, RulesetFacts } from '../model.ts';
import { withoutDraining } from './drained.ts';
import { countRules, type Load, renderLoad, renderUpdate } from './load.ts';
import { TABLE_REF } from './names.ts';
import { renderRuleset } from './ruleset.ts';

/** The changes with the lines of their transactions; those of nft that would have none are left out. */
export const fillRuleset = (
  changes: readonly Change[],
  config: Config,
  { nft }: Observed,
  facts: RulesetFacts,
): Change[] => {
  const wanted = changes.find((change) => change.kind === 'nft' && change.op === 'load');
  const ruleset = wanted?.kind === 'nft' ? wanted.ruleset : undefined;
  const load =
    ruleset === undefined
      ? undefined
      : renderLoad(renderRuleset(config, ruleset, facts), ruleset, nft?.objects ?? []);
  return changes.flatMap((change): Change[] => {
    if (change.kind !== 'nft') return [change];
    const lines = linesOf(change, withoutDraining(config, facts.draining), nft?.loaded, load);
    return lines.length === 0 ? [] : [{ ...change, lines }];
  });
};

const linesOf = (
  { op, ruleset }: NftChange,
  config: Config,
  loaded: Ruleset | undefined,
  load: Load | undefined,
): readonly NftLine[] => {
  if (op === 'delete') return [{ text: `delete table ${TABLE_REF}` }];
  if (op !== 'update') return load?.[op] ?? [];
  return ruleset === undefined || loaded === undefined ? [] : renderUpdate(config, loaded, ruleset);
};

/** How many rules each chain should have, so that a table which somebody has edited is noticed. */
export const ruleCounts = (
  config: Config,
  ruleset: Ruleset,
  facts: RulesetFacts,
): ReadonlyMap<string, number> => countRules(renderRuleset(config, ruleset, facts));
