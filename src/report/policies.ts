import type { Config, Policy, UplinkState } from '../model.ts';
import { policyCounter } from '../ruleset/names.ts';
import { carries, firstOf, preferredOf } from './shares.ts';

/** `status --json`, one policy. */
export interface PolicyReport {
  readonly name: string;
  /** Names of uplinks in groups, best first, or what else the configuration says. */
  readonly use: 'main' | 'balance' | readonly (readonly string[])[];
  readonly else: Policy['else'];
  /** What a new connection takes now: `uplinks`, `main`, `balance` (any uplink), or `none` (it is refused). */
  readonly takes: 'uplinks' | 'main' | 'balance' | 'none';
  /** Names of the uplinks that it takes now; empty unless `takes` says `uplinks`. */
  readonly uplinks: readonly string[];
  /** New connections that matched since the counter came to be; null where it could not be read. */
  readonly connections: number | null;
  /**
   * These as a part of all that left by the uplinks, 0..1; null where they are not, because they stay in main or most
   * were refused, and where there were none.
   */
  readonly share: number | null;
}

/** What is known of every policy. `total`: new connections that left by the uplinks; null where it is not known. */
export const reportPolicies = (
  { policies, settings }: Config,
  states: readonly UplinkState[],
  counters: ReadonlyMap<string, number>,
  total: number | null,
): PolicyReport[] =>
  policies.map((policy) => {
    const connections = counters.get(policyCounter(policy)) ?? null;
    return {
      name: policy.name,
      use: typeof policy.use === 'string' ? policy.use : policy.use.map((group) => namesOf(group, states)),
      else: policy.else,
      ...takenNow(policy, states, settings.balance === 'failover'),
      connections,
      share: policy.use === 'main' ? null : partOf(connections, total),
    };
  });

const namesOf = (ids: readonly number[], states: readonly UplinkState[]): string[] =>
  ids.map((id) => states.find(({ uplink }) => uplink.id === id)?.uplink.name ?? `id ${id}`);

/** The first group with an uplink that carries is the one. */
const takenNow = (
  policy: Policy,
  states: readonly UplinkState[],
  failover: boolean,
): Pick<PolicyReport, 'takes' | 'uplinks'> => {
  if (typeof policy.use === 'string') return { takes: policy.use, uplinks: [] };
  const carrying = states.filter(carries);
  const groups = policy.use.map((ids) => carrying.filter(({ uplink }) => ids.includes(uplink.id)));
  const group = groups.find((members) => members.length > 0);
  const first = firstOf(group ?? []);
  if (group === undefined || first === undefined)
    return { takes: policy.else === 'any' ? 'balance' : 'none', uplinks: [] };
  return {
    takes: 'uplinks',
    uplinks: (failover ? [first] : preferredOf(group)).map(({ uplink }) => uplink.name),
  };
};

/** A part of a total, 0..1; null where there is none. */
export const partOf = (part: number | null, total: number | null): number | null =>
  part === null || total === null || total === 0 || part > total ? null : part / total;
