/** How the first policy that matches a packet is found. */
import type { Policy } from '../model.ts';
import { fingerprint } from './hash.ts';
import { addChain, addElements, addMap, addRule, addSet, type Command } from './lines.ts';
import { aboutPolicy, domainSet } from './names.ts';
import { type Entry, type Field, indexPolicies, mapKey, mapType, portsText } from './policy-index.ts';
import { findShortcut } from './shortcut.ts';

/** Rules for one or more policies that are asked for at once. */
export interface Lookup {
  readonly policies: readonly Policy[];
  readonly commands: readonly Command[];
}

export const commandsOf = (all: readonly Lookup[]): Command[] => all.flatMap(({ commands }) => [...commands]);

/** What follows for a packet of a policy, as nft writes it. */
type Verdict = (policy: Policy) => string;

/**
 * Lookups that, one after the other, give the first matching policy's verdict. Where policies of several kinds stand
 * mixed, a shortcut comes first; what it cannot decide goes to a chain with the lookups of all.
 */
export const lookups = (chain: string, policies: readonly Policy[], verdict: Verdict): Lookup[] => {
  const shortcut = findShortcut(policies);
  if (shortcut === undefined) return exactLookups(chain, policies, verdict);
  const exact = `${chain}_exact`;
  const undecided = commandsOf(exactLookups(exact, policies, verdict));
  const maps = shortcut.maps.map(({ fields, entries }) =>
    mapLookup(
      chain,
      fields,
      entries.map((entry) => ({ ...entry, verdict: entry.sure ? verdict(entry.policy) : `goto ${exact}` })),
    ),
  );
  const rules = shortcut.rules.map((policy) => ruleLookup(chain, policy, verdict));
  const [first, ...others] = [...maps, ...rules];
  if (first === undefined) return [];
  return [{ ...first, commands: [addChain(exact), ...undecided, ...first.commands] }, ...others];
};

const exactLookups = (chain: string, policies: readonly Policy[], verdict: Verdict): Lookup[] =>
  indexPolicies(policies).map((block) =>
    block.kind === 'rule'
      ? ruleLookup(chain, block.policy, verdict)
      : mapLookup(
          chain,
          block.fields,
          block.entries.map((entry) => ({ ...entry, verdict: verdict(entry.policy) })),
        ),
  );

const ruleLookup = (chain: string, policy: Policy, verdict: Verdict): Lookup => ({
  policies: [policy],
  commands: linearRules(chain, policy, verdict(policy)),
});

/** What pads a key of one field: every packet has some protocol. */
const ANY_PROTOCOL = '0-255';

/**
 * One map. It has the name of its content: packets see elements of such a map a moment later than rules, so one that is
 * in use is never changed.
 */
const mapLookup = (
  chain: string,
  fields: readonly Field[],
  entries: readonly (Entry & { readonly verdict: string })[],
): Lookup => {
  const isExact = entries.every(({ keys }) => keys.every((key) => key.every((text) => !/[-/]/.test(text))));
  // An interval map of one field is a tree, and slower than one of two.
  const padded = !isExact && fields.length === 1 && fields[0] !== 'protocols';
  const elements = entries.map(({ policy, keys, verdict }) => ({
    about: aboutPolicy(policy),
    texts: keys.map((key) => `${[...key, ...(padded ? [ANY_PROTOCOL] : [])].join(' . ')} : ${verdict}`),
  }));
  const keyFields: readonly Field[] = padded ? [...fields, 'protocols'] : fields;
  const name = contentName('match', [keyFields, elements]);
  return {
    policies: entries.map(({ policy }) => policy),
    commands: [
      addMap(name, `type ${mapType(keyFields)} : verdict${isExact ? '' : '; flags interval'}`),
      ...elements.map(({ texts, about }) => addElements(name, texts, about)),
      addRule(chain, `${mapKey(keyFields)} vmap @${name}`),
    ],
  };
};

const contentName = (prefix: string, content: unknown): string =>
  `${prefix}_${fingerprint(JSON.stringify(content))}`;

/** Whether a set or map has the name of its content. */
export const isNamedByContent = (name: string): boolean => /^(match|any)_[0-9a-f]+$/.test(name);

/** One rule, or two where both listed addresses and the domains' addresses match. */
const linearRules = (chain: string, policy: Policy, verdict: string): Command[] => {
  const about = aboutPolicy(policy);
  const conditions = [
    anyOf('ip saddr', 'ipv4_addr', policy.from, about),
    anyOf('meta l4proto', 'inet_proto', policy.protocols.map(String), about),
    anyOf('th sport', 'inet_service', policy.fromPorts.map(portsText), about),
    anyOf('th dport', 'inet_service', policy.toPorts.map(portsText), about),
    anyOf(
      'iifname',
      'ifname',
      policy.inDevices.map((device) => `"${device}"`),
      about,
    ),
    anyOf('meta skuid', 'uid', policy.users.map(String), about),
    anyOf('ip dscp', 'dscp', policy.dscp.map(String), about),
  ];
  const listed = anyOf('ip daddr', 'ipv4_addr', policy.to, about);
  const learned = { text: `ip daddr @${domainSet(policy)}`, lines: [] };
  const destinations = [
    ...(policy.to.length > 0 || policy.toDomains.length === 0 ? [listed] : []),
    ...(policy.toDomains.length > 0 ? [learned] : []),
  ];
  return [
    ...conditions.flatMap(({ lines }) => lines),
    ...destinations.flatMap(({ lines, text }) => {
      const texts = [...conditions.map((condition) => condition.text), text, verdict];
      const rule = texts.filter((part) => part !== '').join(' ');
      return [...lines, addRule(chain, rule, about)];
    }),
  ];
};

interface Condition {
  readonly text: string;
  /** The set that it refers to, if any. */
  readonly lines: readonly Command[];
}

/** A condition that any of the values fulfils; no values, no condition. */
export const anyOf = (field: string, type: string, values: readonly string[], about?: string): Condition => {
  const [first] = values;
  if (first === undefined) return { text: '', lines: [] };
  if (values.length === 1) return { text: `${field} ${first}`, lines: [] };
  const name = contentName('any', [type, values]);
  const flags = type === 'ipv4_addr' || type === 'inet_service' ? '; flags interval' : '';
  return {
    text: `${field} @${name}`,
    lines: [addSet(name, `type ${type}${flags}`, about), addElements(name, values, about)],
  };
};
