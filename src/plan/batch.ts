import { renderQdisc, renderQdiscPlace } from '../kernel/qdisc.ts';
import { renderRoute, renderRouteKey } from '../kernel/route.ts';
import { renderRule } from '../kernel/rule.ts';
import { renderSysctl } from '../kernel/sysctl.ts';
import type { Batch, Change } from '../model.ts';

/**
 * At most one process of `ip` and one of `tc` for any number of changes; sysctls are files and need none.
 * `-force` because a batch is no transaction (ip(8)): one refused line must not cost the rest.
 */
export const computeBatches = (changes: readonly Change[]): Batch[] =>
  [
    { tool: 'ip', args: ['-4', '-force', '-batch', '-'], changes: changes.filter(isForIp) } as const,
    { tool: 'tc', args: ['-force', '-batch', '-'], changes: changes.filter(isForTc) } as const,
  ]
    .filter((batch) => batch.changes.length > 0)
    .map((batch) => ({ ...batch, lines: batch.changes.map(renderChange) }));

const isForIp = ({ kind }: Change): boolean => kind === 'route' || kind === 'rule';
const isForTc = ({ kind }: Change): boolean => kind === 'qdisc';

/** One change as the arguments of its tool. */
export const renderChange = (change: Change): string => {
  switch (change.kind) {
    case 'sysctl':
      return renderSysctl(change.sysctl);
    case 'route':
      return `route ${change.op} ${renderRouteChange(change)}`;
    case 'rule':
      return `rule ${change.op} ${renderRule(change.rule)}`;
    case 'qdisc':
      return change.op === 'delete'
        ? `qdisc delete ${renderQdiscPlace(change.qdisc)}`
        : `qdisc replace ${renderQdisc(change.qdisc)}`;
  }
};

/** Deletions name the key alone: a nexthop may have died since we looked, and the kernel would not match it. */
const renderRouteChange = (change: Change & { kind: 'route' }): string =>
  change.op === 'delete' && change.exact !== true ? renderRouteKey(change.route) : renderRoute(change.route);

const TOOLS = { sysctl: 'sysctl', route: 'ip -4', rule: 'ip -4', qdisc: 'tc' } as const;

/** One change as a command that can be pasted into a shell. */
export const renderCommand = (change: Change): string => `${TOOLS[change.kind]} ${renderChange(change)}`;
