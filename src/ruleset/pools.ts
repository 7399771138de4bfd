/**
 * A pool is what new connections choose an uplink from: groups of uplinks, of which the first one with a working
 * member carries them. Only pools depend on link events.
 */
import type { Config, Policy, Ruleset, Settings, Uplink } from '../model.ts';
import { fingerprint } from './hash.ts';
import { assignSlots, type Member } from './slots.ts';

/**
 * What a connection's share is chosen by: the working uplink alone, addresses and ports, turns, the client's address,
 * client and server.
 */
type Choice = 'first' | 'tuple' | 'turn' | 'client' | 'pair';

export interface Pool {
  /** Name of its map. It depends on the content, so that a pool of another content is another map. */
  readonly name: string;
  readonly choice: Choice;
  /**
   * A line without carrier does not count: for a policy, and where a client is to have one address. Else the kernel passes
   * it by and takes it back with no event.
   */
  readonly prefers: boolean;
  readonly groups: readonly (readonly Member[])[];
}

const CHOICE = {
  multipath: 'pair',
  random: 'tuple',
  'round-robin': 'turn',
  source: 'client',
  'source-destination': 'pair',
  failover: 'first',
} as const;

/**
 * The pool of connections that no policy takes: the tiers. Undefined where routes do the choosing: the kernel's own
 * multipath, failover, or a single uplink.
 */
export const balancePool = ({ settings, uplinks }: Config): Pool | undefined => {
  if (isRouted(settings) || uplinks.length < 2) return undefined;
  const tiers = [...new Set(uplinks.map(({ tier }) => tier))].sort((a, b) => a - b);
  const groups = tiers.map((tier) => uplinks.filter((uplink) => uplink.tier === tier));
  return createPool('balance', settings, groups);
};

/**
 * The pool of a policy. Undefined where the ruleset has nothing to choose: the policy names no uplinks, or a single
 * one whose own table knows what follows it.
 */
export const policyPool = ({ settings, uplinks }: Config, policy: Policy): Pool | undefined => {
  if (typeof policy.use === 'string') return undefined;
  const single = policy.use.length === 1 && policy.use[0]?.length === 1;
  if (single && (policy.else === 'reject' || isRouted(settings))) return undefined;
  const groups = policy.use.map((ids) => uplinks.filter(({ id }) => ids.includes(id)));
  return createPool('pool', settings, groups);
};

/** Whether connections without a policy are shared by routes alone. */
const isRouted = ({ balance }: Settings): boolean => balance === 'multipath' || balance === 'failover';

/** Who comes first in failover: the better tier, then the lower id. Weights have no say. */
export const byFailover = (a: Pick<Uplink, 'tier' | 'id'>, b: Pick<Uplink, 'tier' | 'id'>): number =>
  a.tier - b.tier || a.id - b.id;

const byId = (a: Pick<Uplink, 'id'>, b: Pick<Uplink, 'id'>): number => a.id - b.id;

const createPool = (
  prefix: 'balance' | 'pool',
  { balance }: Settings,
  groups: readonly Config['uplinks'][],
): Pool => {
  const choice = groups.every((group) => group.length === 1) ? 'first' : CHOICE[balance];
  const order = balance === 'failover' ? byFailover : byId;
  const members = groups.map((group) => [...group].sort(order).map(({ id, weight }) => ({ id, weight })));
  const hash = fingerprint(JSON.stringify([choice, members])).slice(0, 8);
  return {
    name: `${prefix}_${hash}`,
    choice,
    prefers: prefix === 'pool' || choice === 'client' || choice === 'pair',
    groups: members,
  };
};

/** Every pool, once. */
export const poolsOf = (config: Config): Pool[] => {
  const pools = [balancePool(config), ...config.policies.map((policy) => policyPool(config, policy))];
  return [...new Map(pools.flatMap((pool) => (pool === undefined ? [] : [[pool.name, pool]]))).values()];
};

/** Ids of the uplinks that the ruleset chooses between, ascending: it depends on which of these work. */
export const chosenIds = (config: Config): number[] => {
  const members = poolsOf(config).flatMap(({ groups }) => groups.flat());
  return [...new Set(members.map(({ id }) => id))].sort((a, b) => a - b);
};

/**
 * The keys of a pool's map and the uplink of each, given which uplinks work. Empty when none of the pool's does. Deferred
 * ones come behind the others of their group; the order of the groups is the operator's word.
 */
export const shareOf = (
  { choice, prefers, groups }: Pool,
  { living, unplugged = [], deferred = [] }: Omit<Ruleset, 'build'>,
): Map<string, number> => {
  const plugged = living.filter((id) => !unplugged.includes(id));
  const isLeft = groups.some((members) => members.some(({ id }) => plugged.includes(id)));
  const usable = prefers && isLeft ? plugged : living;
  const group = groups.find((members) => members.some(({ id }) => usable.includes(id))) ?? [];
  const better = usable.filter((id) => !deferred.includes(id));
  const works = new Set(group.some(({ id }) => better.includes(id)) ? better : usable);
  if (choice === 'first') {
    const first = group.find(({ id }) => works.has(id));
    return first === undefined ? new Map() : new Map([['ipv4', first.id]]);
  }
  const slots = assignSlots(group, works, choice === 'turn' ? 'turn' : 'hash');
  return new Map(slots.flatMap((id, slot) => (id === 0 ? [] : [[String(slot), id]])));
};
