import { PRIORITY } from '../config/constants.ts';
import { renderRule, ruleKey } from '../kernel/rule.ts';
import type { Change, Conflict, Plan, Rule, Settings } from '../model.ts';

/**
 * From the observed rules to the desired ones. Ours are those with our protocol, but for one with selectors that we
 * never write: to the kernel, deleting it by what we know of it could mean a rule of ours.
 */
export const planRules = (settings: Settings, desired: readonly Rule[], observed: readonly Rule[]): Plan => {
  const ours = observed.filter((rule) => isOurs(rule, settings));
  const present = new Set(ours.map(ruleKey));
  const wanted = new Set(desired.map(ruleKey));
  const added = desired.filter((rule) => !present.has(ruleKey(rule)));
  const shadowed = new Set(
    observed.filter((rule) => isLookalike(rule, settings)).map(({ priority }) => priority),
  );
  const deleted = ours.filter((rule) => !wanted.has(ruleKey(rule)) && !shadowed.has(rule.priority));
  return {
    changes: [
      ...added.map((rule): Change => ({ kind: 'rule', op: 'add', rule })),
      ...deleted.map((rule): Change => ({ kind: 'rule', op: 'delete', rule })),
    ],
    conflicts: observed.filter((rule) => isInOurWay(rule, settings)).map(conflictOf),
  };
};

const isOurs = ({ protocol, foreign }: Rule, settings: Settings): boolean =>
  protocol === settings.protocol && !foreign;

/**
 * Somebody's rule with our protocol and more selectors than we write. The kernel's delete takes the first rule that has
 * what the command names, and that could be this one: ours of the same priority stays, and the conflict is reported.
 */
const isLookalike = ({ protocol, foreign }: Rule, settings: Settings): boolean =>
  protocol === settings.protocol && foreign;

const isInOurWay = (rule: Rule, settings: Settings): boolean =>
  !isOurs(rule, settings) &&
  rule.priority > settings.priorityBase + PRIORITY.markTo &&
  rule.priority <= settings.priorityBase + PRIORITY.balance;

const conflictOf = (rule: Rule): Conflict => ({
  object: `rule ${renderRule(rule)}${rule.foreign ? ' …' : ''}`,
  consequence: 'it stands among our rules and is left alone; what it matches may not be balanced',
  remedy: 'give it another priority or set another priority-base',
});
