import type { Family, Rule } from '../model.ts';

interface RuleJson {
  readonly priority?: number;
  readonly src?: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly oif?: string;
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
  'oif',
  'oif_detached',
  'table',
  'protocol',
  'suppress_prefixlen',
]);

/** Reads `ip -FAMILY -j -d -N rule show` (ip-rule(8)). */
export const parseRules = (json: readonly unknown[], family: Family): Rule[] =>
  (json as readonly RuleJson[]).map((entry) => parseRule(entry, family));

const parseRule = (entry: RuleJson, family: Family): Rule => {
  const from = parsePrefix(entry.src, entry.srclen);
  const to = parsePrefix(entry.dst, entry.dstlen);
  const suppress = entry.suppress_prefixlen;
  return {
    family,
    priority: Number(entry.priority ?? 0),
    protocol: Number(entry.protocol ?? 0),
    table: Number(entry.table ?? 0),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(entry.oif === undefined ? {} : { oif: entry.oif }),
    ...(suppress === undefined ? {} : { suppressPrefixLength: Number(suppress) }),
    foreign: Object.keys(entry).some((key) => !KNOWN.has(key)),
  };
};

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
  const oif = rule.oif === undefined ? '' : ` oif ${rule.oif}`;
  const suppress =
    rule.suppressPrefixLength === undefined ? '' : ` suppress_prefixlength ${rule.suppressPrefixLength}`;
  return `priority ${rule.priority}${from}${to}${oif} lookup ${rule.table}${suppress} protocol ${rule.protocol}`;
};
