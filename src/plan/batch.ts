import { NFT_TABLE } from '../config/constants.ts';
import { renderQdisc, renderQdiscPlace } from '../kernel/qdisc.ts';
import { renderRoute, renderRouteKey } from '../kernel/route.ts';
import { renderRule } from '../kernel/rule.ts';
import { renderSysctl } from '../kernel/sysctl.ts';
import type { Batch, Change, NftChange } from '../model.ts';

/**
 * At most one process of `ip` and one of `tc` for any number of changes, one of `nft` for each transaction; sysctls
 * are files and need none. A transaction that is planned before all routes and rules is made before them. `-force` because a batch is no transaction (ip(8)): one refused line must not cost the rest.
 */
export const computeBatches = (changes: readonly Change[]): Batch[] => {
  const routed = changes.findIndex(isForIp);
  return [
    ...changes.slice(0, Math.max(0, routed)).filter(isForNft).map(transactionOf),
    ...linesOf('ip', ['-4', '-force', '-batch', '-'], changes.filter(isForIp)),
    ...changes.slice(Math.max(0, routed)).filter(isForNft).map(transactionOf),
    ...linesOf('tc', ['-force', '-batch', '-'], changes.filter(isForTc)),
  ];
};

const isForIp = ({ kind }: Change): boolean => kind === 'route' || kind === 'rule';
const isForTc = ({ kind }: Change): boolean => kind === 'qdisc';
const isForNft = (change: Change): change is NftChange => change.kind === 'nft';

const linesOf = (tool: 'ip' | 'tc', args: readonly string[], changes: readonly Change[]): Batch[] =>
  changes.length === 0 ? [] : [{ tool, args, changes, lines: changes.map(renderChange) }];

const transactionOf = (change: NftChange): Batch => ({
  tool: 'nft',
  args: ['-f', '-'],
  changes: [change],
  lines: change.lines.map(({ text }) => text),
});

/** One change as the arguments of its tool; a transaction with its lines as a shell's here-document. */
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
    case 'nft':
      return ["-f - <<'EOF'", ...change.lines.map(({ text }) => text), 'EOF'].join('\n');
  }
};

/** Deletions name the key alone: a nexthop may have died since we looked, and the kernel would not match it. */
const renderRouteChange = (change: Change & { kind: 'route' }): string =>
  change.op === 'delete' && change.exact !== true ? renderRouteKey(change.route) : renderRoute(change.route);

const TOOLS = { sysctl: 'sysctl', route: 'ip -4', rule: 'ip -4', qdisc: 'tc', nft: 'nft' } as const;

/** One change as a command that can be pasted into a shell. */
export const renderCommand = (change: Change): string => `${TOOLS[change.kind]} ${renderChange(change)}`;

/** One change on one line: a command, but for a transaction, which has any number of lines. */
export const describeChange = (change: Change): string =>
  change.kind === 'nft' ? `nft table inet ${NFT_TABLE} (${change.op})` : renderCommand(change);
