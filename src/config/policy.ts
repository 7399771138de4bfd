/** One [[policy]] as written to what it means. Pure. */
import type { Listed } from './lists.ts';
import { listProblems, readDomains, readPrefixes, readRanges, readTexts, type Sets } from './lists.ts';
import { deviceProblem } from './names.ts';
import { parseDscp, parsePort, parseProtocol, parseUser } from './numbers.ts';
import type { Policy, PolicyValues } from './policy-schema.ts';
import type { Prefix } from './prefixes.ts';
import type { Path, Problem } from './problem.ts';
import { merged, type Range, type Refusal } from './ranges.ts';
import type { Uplink } from './schema.ts';
import { readUse } from './use.ts';

/** A policy as far as its values are valid alone, and where it stands. */
export interface PolicyDraft {
  readonly path: Path;
  /** Starts its messages: `policy "mail": `. */
  readonly label: string;
  readonly values: Partial<PolicyValues>;
}

/** What policies refer to. */
export interface Surroundings {
  readonly uplinks: readonly Partial<Uplink>[];
  readonly sets: Sets;
  /** The id of a user of this machine. */
  readonly uidOf: (name: string) => number | undefined;
}

/** The conditions of a policy in a form that can be compared; an empty list is no condition. */
export interface Conditions {
  readonly from: readonly Prefix[];
  readonly to: readonly Prefix[];
  readonly toDomains: readonly string[];
  readonly protocols: readonly Range[];
  readonly fromPorts: readonly Range[];
  readonly toPorts: readonly Range[];
  readonly inDevices: readonly string[];
  readonly users: readonly Range[];
  readonly dscp: readonly Range[];
}

/** A policy with its names resolved: as far as it is valid, and what is wrong with it alone. */
export interface ResolvedPolicy {
  readonly draft: PolicyDraft;
  readonly conditions: Conditions;
  readonly use: Policy['use'];
  readonly problems: readonly Problem[];
}

/** Resolves the names of a policy and judges its lists. */
export const resolvePolicy = (draft: PolicyDraft, around: Surroundings): ResolvedPolicy => {
  const { path, label, values } = draft;
  const problems: Problem[] = [];
  const list = <V, T>(
    key: string,
    entries: readonly V[] | undefined,
    read: (entries: readonly V[]) => Listed<T>,
  ): readonly T[] => {
    if (entries === undefined) return [];
    const listed = read(entries);
    problems.push(...listProblems(listed.findings, entries, [...path, key], label));
    return listed.values;
  };
  const prefixes = (entries: readonly string[]) => readPrefixes(entries, around.sets);
  const ports = (entries: readonly (string | number)[]) => readRanges(entries, parsePort);
  const conditions: Conditions = {
    from: list('from', values.from, prefixes),
    to: list('to', values.to, prefixes),
    toDomains: list('to-domains', values.toDomains, readDomains),
    protocols: list('protocol', values.protocol, (entries) => readRanges(entries, parseProtocol)),
    fromPorts: merged(list('from-ports', values.fromPorts, ports)),
    toPorts: merged(list('to-ports', values.toPorts, ports)),
    inDevices: list('in-device', values.inDevice, (entries) => readTexts(entries, parseDevice)),
    users: list('user', values.user, (entries) =>
      readRanges(entries, (user) => parseUser(user, around.uidOf)),
    ),
    dscp: list('dscp', values.dscp, (entries) => readRanges(entries, parseDscp)),
  };
  const { use, problems: inUse } = readUse(values.use, [...path, 'use'], label, around.uplinks);
  return { draft, conditions, use, problems: [...problems, ...inUse] };
};

/** The policy of the configuration. The draft has a name, and none of its values has a problem. */
export const policyOf = ({ draft, conditions, use }: ResolvedPolicy): Policy => ({
  name: draft.values.name ?? '',
  from: conditions.from.map(({ cidr }) => cidr),
  to: conditions.to.map(({ cidr }) => cidr),
  toDomains: conditions.toDomains,
  protocols: conditions.protocols.map(({ first }) => first),
  fromPorts: conditions.fromPorts.map(({ first, last }) => [first, last]),
  toPorts: conditions.toPorts.map(({ first, last }) => [first, last]),
  inDevices: conditions.inDevices,
  users: conditions.users.map(({ first }) => first),
  dscp: conditions.dscp.map(({ first }) => first),
  use,
  else: draft.values.else ?? 'any',
  log: draft.values.log ?? false,
});

const parseDevice = (device: string): string | Refusal => {
  const reason = deviceProblem(device);
  return reason === undefined ? device : { reason, remedy: 'write for example "eth0"' };
};
