import type { Rule } from '../../src/model.ts';
import type { FakeState } from './fake-state.ts';

/** Of what is not named, from and to match anything also here; the rest must be equal (fib_rules.c, rule_exists). */
export const addRule = (state: FakeState, rule: Rule): string | undefined => {
  const exact = ['unreachable', 'oif', 'suppressPrefixLength', 'foreign'] as const;
  const isThere = (other: Rule): boolean =>
    hasAllOf(other, rule) &&
    exact.every((name) => other[name] === rule[name]) &&
    other.mark?.mask === rule.mark?.mask;
  if (state.rules.some(isThere)) return 'File exists';
  state.rules.push(rule);
  return undefined;
};

/** The first rule that has all that is named goes, whatever else it has (fib_rules.c, rule_find). */
export const deleteRule = (state: FakeState, rule: Rule): string | undefined => {
  const sorted = [...state.rules].sort((a, b) => a.priority - b.priority);
  const first = sorted.find((other) => hasAllOf(other, rule));
  if (first === undefined) return 'No such file or directory';
  state.rules.splice(state.rules.indexOf(first), 1);
  return undefined;
};

/** Table 0 names none; marks and masks of 0, which would name nothing either, are not modelled. */
const hasAllOf = (rule: Rule, wanted: Rule): boolean =>
  (['family', 'priority', 'protocol'] as const).every((name) => rule[name] === wanted[name]) &&
  (wanted.table === 0 || wanted.table === rule.table) &&
  (['unreachable', 'from', 'to', 'oif', 'suppressPrefixLength'] as const).every(
    (name) => wanted[name] === undefined || wanted[name] === rule[name],
  ) &&
  (wanted.mark === undefined ||
    (['value', 'mask'] as const).every((name) => wanted.mark?.[name] === rule.mark?.[name]));
