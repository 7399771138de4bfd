import { hexMark } from '../mark.ts';
import type { Family, Rule } from '../model.ts';

interface RuleJson {
  readonly priority?: number;
  readonly src?: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly fwmark?: string;
  readonly fwmask?: string;
  readonly oif?: string;
  readonly action?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly suppress_prefixlen?: number;
}

/** JSON keys that say the same as one of ours, or nothing; any other makes a rule one that we would never write. */
const KNOWN = new Set([
  'priority',
  'src',
  'srclen',
  'dst',
  'dstlen',
  'fwmark',
  'fwmask',
  'oif',
  'oif_detached',
  'action',
  'table',
  'protocol',
  'suppress_prefixlen',
]);

/** RTN_UNREACHABLE, the one action of ours besides a lookup; with -N `ip` prints it as a number (rtnetlink(7)). */
const UNREACHABLE = '7';

/** Mask of a rule that names a mark alone; `ip` does not print it (iprule.c). */
const WHOLE_MARK = 0xffffffff;

/** Reads `ip -FAMILY -j -d -N rule show` (ip-rule(8)). */
export const parseRules = (json: readonly unknown[], family: Family): Rule[] =>
  (json as readonly RuleJson[]).map((entry) => parseRule(entry, family));

const parseRule = (entry: RuleJson, family: Family): Rule => {
  const from = parsePrefix(entry.src, entry.srclen);
  const to = parsePrefix(entry.dst, entry.dstlen);
  const mark = parseMark(entry);
  const suppress = entry.suppress_prefixlen;
  return {
    family,
    priority: Number(entry.priority ?? 0),
    protocol: Number(entry.protocol ?? 0),
    table: Number(entry.table ?? 0),
    ...(entry.action === UNREACHABLE ? { unreachable: true } : {}),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(mark === undefined ? {} : { mark }),
    ...(entry.oif === undefined ? {} : { oif: entry.oif }),
    ...(suppress === undefined ? {} : { suppressPrefixLength: Number(suppress) }),
    foreign: isForeign(entry, mark),
  };
};

/**
 * Whether it has what no rule of ours has. A mark or mask of 0 is among that: the kernel takes a 0 in a delete for
 * "any", so that the rule could not be told from others (fib_rules.c, rule_find).
 */
const isForeign = (entry: RuleJson, mark: Rule['mark']): boolean =>
  Object.keys(entry).some((key) => !KNOWN.has(key)) ||
  (entry.action !== undefined && entry.action !== UNREACHABLE) ||
  mark?.value === 0 ||
  mark?.mask === 0;

const parseMark = ({ fwmark, fwmask }: RuleJson): Rule['mark'] =>
  fwmark === undefined ? undefined : { value: Number(fwmark), mask: Number(fwmask ?? WHOLE_MARK) };

const parsePrefix = (address: string | undefined, length: number | undefined): string | undefined => {
  if (address === undefined || address === 'all') return undefined;
  return length === undefined ? address : `${address}/${length}`;
};

/** The whole rule: the kernel knows no other identity, and two equal rules cannot coexist. */
export const ruleKey = (rule: Rule): string =>
  `${rule.family} ${renderRule(rule)}${rule.foreign ? ' foreign' : ''}`;

/** Arguments of `ip rule add|delete`, with priority and protocol always explicit. */
export const renderRule = (rule: Rule): string => {
  const from = ` from ${rule.from ?? 'all'}`;
  const to = rule.to === undefined ? '' : ` to ${rule.to}`;
  const mark =
    rule.mark === undefined ? '' : ` fwmark ${hexMark(rule.mark.value)}/${hexMark(rule.mark.mask)}`;
  const oif = rule.oif === undefined ? '' : ` oif ${rule.oif}`;
  const suppress =
    rule.suppressPrefixLength === undefined ? '' : ` suppress_prefixlength ${rule.suppressPrefixLength}`;
  const action = rule.unreachable ? 'unreachable' : `lookup ${rule.table}`;
  return `priority ${rule.priority}${from}${to}${mark}${oif} ${action}${suppress} protocol ${rule.protocol}`;
};
