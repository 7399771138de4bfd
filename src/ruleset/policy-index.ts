/**
 * Policies are read from the top and the first match wins. Asking one after the other costs every new connection as
 * many rules as there are policies; a map in the kernel answers for all that cannot match the same packet at once.
 */
import type { Policy } from '../model.ts';
import { areDisjoint, type Box, boxOf } from './box.ts';

/**
 * What a map can look up: lists of Policy, in the order of a key. A lookup pays for every element that matches the fields
 * so far (nft_set_pipapo), so those that tell most apart stand first.
 */
const FIELDS = ['from', 'to', 'toPorts', 'fromPorts', 'protocols'] as const;

/** One of the lists of Policy that a map can look up. */
export type Field = (typeof FIELDS)[number];

/** A policy in a map: it matches what is in one of its keys, each with a text of nft for each field. */
export interface Entry {
  readonly policy: Policy;
  readonly keys: readonly (readonly string[])[];
}

/** Policies that one lookup decides, or one that needs a rule of its own. */
export type Block =
  | { readonly kind: 'map'; readonly fields: readonly Field[]; readonly entries: readonly Entry[] }
  | { readonly kind: 'rule'; readonly policy: Policy };

/** More keys than this are shorter, and faster to load, as the sets of one rule. */
const MAX_KEYS = 1024;

interface Draft {
  /** Empty: a rule. */
  readonly fields: readonly Field[];
  /** The fields as one text, to be compared. */
  readonly shape: string;
  readonly members: { readonly policy: Policy; readonly box: Box }[];
}

/**
 * Blocks that, asked one after the other, give the first match of the list. No two policies of a map match the same
 * packet, so the kernel sees no overlapping elements.
 */
export const indexPolicies = (policies: readonly Policy[]): Block[] => {
  const drafts: Draft[] = [];
  for (const policy of policies) {
    const member = { policy, box: boxOf(policy) };
    const fields = fieldsOf(policy);
    const home = fields.length === 0 ? undefined : findHome(drafts, fields.join(), member.box);
    if (home === undefined) drafts.push({ fields, shape: fields.join(), members: [member] });
    else home.members.push(member);
  }
  return drafts.flatMap(({ fields, members }): Block[] =>
    fields.length === 0
      ? members.map(({ policy }) => ({ kind: 'rule', policy }))
      : [
          {
            kind: 'map',
            fields,
            entries: members.map(({ policy }) => ({ policy, keys: keysOf(policy, fields) })),
          },
        ],
  );
};

/** The nft type of a map's key; the map also needs `flags interval`. */
export const mapType = (fields: readonly Field[]): string => fields.map((field) => TYPES[field]).join(' . ');

/** The nft expression that a packet is looked up by. */
export const mapKey = (fields: readonly Field[]): string =>
  fields.map((field) => EXPRESSIONS[field]).join(' . ');

const TYPES: Record<Field, string> = {
  from: 'ipv4_addr',
  to: 'ipv4_addr',
  protocols: 'inet_proto',
  fromPorts: 'inet_service',
  toPorts: 'inet_service',
};

const EXPRESSIONS: Record<Field, string> = {
  from: 'ip saddr',
  to: 'ip daddr',
  protocols: 'meta l4proto',
  fromPorts: 'th sport',
  toPorts: 'th dport',
};

/** The fields that a policy constrains; none if a map cannot decide about it. */
export const fieldsOf = (policy: Policy): readonly Field[] => {
  const { toDomains, inDevices, users, dscp } = policy;
  if ([toDomains, inDevices, users, dscp].some((list) => list.length > 0)) return [];
  const fields = FIELDS.filter((field) => policy[field].length > 0);
  const keys = fields.reduce((product, field) => product * policy[field].length, 1);
  return keys > MAX_KEYS ? [] : fields;
};

/**
 * The map that a policy may join, passing by only blocks with nothing that it overlaps: those would have been asked
 * before it.
 */
const findHome = (drafts: readonly Draft[], shape: string, box: Box): Draft | undefined => {
  for (const draft of drafts.toReversed()) {
    if (!draft.members.every((member) => areDisjoint(member.box, box))) return undefined;
    if (draft.shape === shape) return draft;
  }
  return undefined;
};

/** Every combination of a policy's values. */
export const keysOf = (policy: Policy, fields: readonly Field[]): string[][] =>
  fields.reduce<string[][]>(
    (keys, field) => keys.flatMap((key) => textsOf(policy, field).map((text) => [...key, text])),
    [[]],
  );

const textsOf = (policy: Policy, field: Field): string[] =>
  field === 'fromPorts' || field === 'toPorts' ? policy[field].map(portsText) : policy[field].map(String);

/** A range of ports as nft writes it. */
export const portsText = ([first, last]: Policy['toPorts'][number]): string =>
  first === last ? `${first}` : `${first}-${last}`;
