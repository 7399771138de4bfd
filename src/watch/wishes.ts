/** Pure: what is wanted of everything that we write, as text to compare. */
import { renderQdisc } from '../kernel/qdisc.ts';
import { renderRoute, routeKey } from '../kernel/route.ts';
import { ruleKey } from '../kernel/rule.ts';
import { sysctlKey } from '../kernel/sysctl.ts';
import type { Change, Desired } from '../model.ts';
import { markerOf } from '../ruleset/marker.ts';

/** What a change is about, in words that two different things never share. A qdisc stands for its device's whole tree. */
export const keyOfChange = (change: Change): string => {
  switch (change.kind) {
    case 'sysctl':
      return `sysctl ${sysctlKey(change.sysctl)}`;
    case 'route':
      return change.op === 'delete' && change.exact
        ? `duplicate ${renderRoute(change.route)}`
        : `route ${routeKey(change.route)}`;
    case 'rule':
      return `rule ${ruleKey(change.rule)}`;
    case 'qdisc':
      return `qdisc ${change.qdisc.device}`;
    case 'nft':
      return 'nft';
  }
};

/** What a change puts there, as text; undefined: nothing. A qdisc's alone says nothing of its tree. */
export const wishOfChange = (change: Exclude<Change, { kind: 'qdisc' }>): string | undefined => {
  if (change.kind === 'sysctl') return String(change.sysctl.value);
  if (change.kind === 'nft') return change.ruleset === undefined ? undefined : markerOf(change.ruleset);
  if (change.op === 'delete') return undefined;
  return change.kind === 'route' ? renderRoute(change.route) : ruleKey(change.rule);
};

/** All that is desired: its value by its key, as `keyOfChange` and `wishOfChange` have them for a change. */
export const wishesOf = ({ routes, rules, qdiscs, sysctls, nft }: Desired): ReadonlyMap<string, string> => {
  const wishes = new Map<string, string>();
  const wish = (change: Exclude<Change, { kind: 'qdisc' | 'nft' }>): void => {
    wishes.set(keyOfChange(change), wishOfChange(change) ?? '');
  };
  for (const route of routes) wish({ kind: 'route', op: 'add', route });
  for (const rule of rules) wish({ kind: 'rule', op: 'add', rule });
  for (const sysctl of sysctls) wish({ kind: 'sysctl', op: 'write', sysctl });
  for (const qdisc of qdiscs) {
    const key = keyOfChange({ kind: 'qdisc', op: 'replace', qdisc });
    wishes.set(key, `${wishes.get(key) ?? ''}${renderQdisc(qdisc)}\n`);
  }
  if (nft !== undefined) wishes.set('nft', markerOf(nft));
  return wishes;
};
