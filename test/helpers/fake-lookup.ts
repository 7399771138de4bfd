import { TABLE } from '../../src/config/constants.ts';
import { contains } from '../../src/ipv4.ts';
import type { Nexthop, Route, Rule } from '../../src/model.ts';
import type { FakeState } from './fake-state.ts';

/** A packet as the routing decision sees it. */
export interface Query {
  readonly destination: string;
  readonly source?: string;
  readonly oif?: string;
  readonly mark?: number;
}

interface Found {
  readonly route: Route;
  /** Absent: the route refuses (blackhole and the like). */
  readonly nexthop?: Nexthop;
}

/**
 * The nexthop that one table gives, or undefined: longest prefix, then metric; nexthops that are dead, or without
 * carrier on a device that says ignore_routes_with_linkdown, are passed by (fib_table_lookup).
 */
export const lookupTable = (state: FakeState, table: number, query: Query): Nexthop | undefined =>
  find(state, table, query, { linkState: true, scope: 0 })?.nexthop;

/** The nexthop that the rules lead to, or undefined if there is no way (fib_rules_lookup). */
export const lookupRules = (state: FakeState, query: Query): Nexthop | undefined =>
  walk(state, query, { linkState: true, scope: 0 })?.nexthop;

/**
 * Whether the kernel takes a gateway on this device: its own table first unless that is main, then the rules, link
 * scope or narrower (fib_check_nh_v4_gw). Carrier does not matter.
 */
export const resolveGateway = (state: FakeState, table: number, gateway: string, device: string): boolean => {
  const query = { destination: gateway, oif: device };
  const how = { linkState: false, scope: 253 };
  const own = table === TABLE.main ? undefined : find(state, table, query, how);
  return (own?.nexthop ?? walk(state, query, how)?.nexthop) !== undefined;
};

interface How {
  readonly linkState: boolean;
  readonly scope: number;
}

const walk = (state: FakeState, query: Query, how: How): Found | undefined => {
  const rules = [...state.rules].sort((a, b) => a.priority - b.priority);
  for (const rule of rules) {
    if (!selects(rule, query)) continue;
    if (rule.unreachable) return undefined;
    const found = find(state, rule.table, query, how);
    if (found === undefined || isSuppressed(found.route, rule)) continue;
    return found;
  }
  return undefined;
};

const selects = (rule: Rule, { destination, source = '0.0.0.0', oif, mark = 0 }: Query): boolean =>
  !rule.foreign &&
  (rule.from === undefined || contains(rule.from, source)) &&
  (rule.to === undefined || contains(rule.to, destination)) &&
  (rule.mark === undefined || ((rule.mark.value ^ mark) & rule.mark.mask) === 0) &&
  (rule.oif === undefined || rule.oif === oif);

const isSuppressed = (route: Route, { suppressPrefixLength }: Rule): boolean =>
  suppressPrefixLength !== undefined && lengthOf(route) <= suppressPrefixLength;

const find = (state: FakeState, table: number, query: Query, how: How): Found | undefined => {
  const candidates = state.routes
    .filter((route) => route.table === table && contains(route.destination, query.destination))
    .sort((a, b) => lengthOf(b) - lengthOf(a) || a.metric - b.metric);
  for (const route of candidates) {
    if (route.scope < how.scope) continue;
    if (route.type === 'throw') return undefined;
    if (route.type !== 'unicast') return { route };
    const nexthop = route.nexthops.find((candidate) => isUsable(state, candidate, query, how));
    if (nexthop !== undefined) return { route, nexthop };
  }
  return undefined;
};

const isUsable = (state: FakeState, nexthop: Nexthop, { oif }: Query, how: How): boolean => {
  const { device = '', dead } = nexthop;
  const link = state.links.get(device);
  if (dead || link?.up !== true || (oif !== undefined && oif !== device)) return false;
  const ignores = state.sysctls.get(`${device} ignore_routes_with_linkdown`)?.value === 1;
  return link.carrier || !how.linkState || !ignores;
};

const lengthOf = ({ destination }: Route): number =>
  destination === 'default' ? 0 : Number(destination.split('/')[1] ?? 32);
