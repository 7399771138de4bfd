/** Pure: says what is left alone, what stands there instead, and who may be doing it. */
import { NFT_TABLE } from '../config/constants.ts';
import { renderQdisc } from '../kernel/qdisc.ts';
import { renderRoute } from '../kernel/route.ts';
import { renderRule } from '../kernel/rule.ts';
import { renderSysctl } from '../kernel/sysctl.ts';
import type { Change, Observed } from '../model.ts';
import { duration } from '../report/quantity.ts';
import type { Repair, Repairs } from './repairs.ts';

/** Most objects that are quoted. */
const QUOTED = 3;

/**
 * One sentence for each thing that is left alone at `now`, seconds of uptime: the object as its tool writes it, for how
 * long yet, what the last look saw in its place, and the programs that may have done it (`listSuspects`).
 */
export const describeLeft = (
  repairs: Repairs,
  now: number,
  observed: Observed,
  suspects: readonly string[],
): string[] =>
  [...repairs.values()].flatMap((repair) =>
    repair.until === undefined || repair.until <= now
      ? []
      : [describe(repair, Math.ceil(repair.until - now), observed, suspects)],
  );

const describe = (
  { change, times, isRight }: Repair,
  seconds: number,
  observed: Observed,
  suspects: readonly string[],
): string => {
  const seen = seenInPlace(change, observed).map((text) => `"${text}"`);
  const quoted = [...seen.slice(0, QUOTED), ...(seen.length > QUOTED ? ['…'] : [])];
  return [
    `${nameOf(change)}: somebody undid it ${times.length} times within a minute`,
    `left alone for ${duration(seconds)}`,
    isRight === true
      ? 'the last look found it as it should be'
      : `the last look found ${quoted.length === 0 ? 'nothing' : quoted.join(' and ')} there`,
    // nft has sockets of another kind, a sysctl is a file.
    ...(suspects.length > 0 && change.kind !== 'nft' && change.kind !== 'sysctl'
      ? [`programs that watch or write routes: ${suspects.join(', ')}`]
      : []),
    'when that is settled, run "mlb-hooks apply"',
  ].join('; ');
};

const nameOf = (change: Change): string => {
  switch (change.kind) {
    case 'sysctl':
      return `sysctl ${renderSysctl(change.sysctl)}`;
    case 'route':
      return `route ${renderRoute(change.route)}`;
    case 'rule':
      return `rule ${renderRule(change.rule)}`;
    case 'qdisc':
      return `qdiscs of ${change.qdisc.device}`;
    case 'nft':
      return `nft table inet ${NFT_TABLE}`;
  }
};

/** What stands where the change belongs, as its tool writes it. */
const seenInPlace = (change: Change, { routes, rules, qdiscs = [], sysctls, nft }: Observed): string[] => {
  switch (change.kind) {
    case 'sysctl':
      return sysctls
        .filter(({ device, key }) => device === change.sysctl.device && key === change.sysctl.key)
        .map(({ value }) => String(value));
    case 'route':
      return routes
        .filter(
          ({ table, destination }) =>
            table === change.route.table && destination === change.route.destination,
        )
        .map(renderRoute);
    case 'rule':
      return rules.filter(({ priority }) => priority === change.rule.priority).map(renderRule);
    case 'qdisc':
      return qdiscs
        .filter(({ device, parent }) => device === change.qdisc.device && parent === 'root')
        .map(renderQdisc);
    case 'nft':
      return (nft?.objects ?? []).map(({ kind, name }) => `${kind} ${name}`);
  }
};
