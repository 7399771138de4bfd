import { METRIC } from '../config/constants.ts';
import { contains, networkOf } from '../ipv4.ts';
import type { Config, Nexthop, Route, Settings, UplinkState } from '../model.ts';
import { computeCopies, type Shape } from './copies.ts';
import { holdsConnections } from './uplinks.ts';

/** rtnetlink(7): 0 reaches further than this host's links, 253 is on the link. */
const SCOPE = { global: 0, link: 253 } as const;

/**
 * All our routes: the balance table's defaults, and for every uplink a table with its own default or, when it
 * does not work, the balance table's; always with its own prefix and copies of main's other routes.
 */
export const computeRoutes = (
  config: Config,
  states: readonly UplinkState[],
  main: readonly Route[],
): Route[] => {
  const { tableBase, protocol } = config.settings;
  const base: Shape = { table: tableBase, protocol };
  const balance = computeBalance(base, states, config.settings);
  return [
    ...balance,
    ...states.flatMap((state) => {
      const shape = { table: tableBase + state.uplink.id, protocol };
      const defaults = computeDefaults(shape, state, balance);
      const prefixes = computePrefixes(shape, state);
      const others = states.filter((other) => other !== state).map((other) => other.uplink.device);
      const copied = config.settings.mainRoutes === 'copy' ? main : main.filter(isWithin(prefixes));
      return [...defaults, ...prefixes, ...computeCopies(shape, copied, new Set(others), prefixes)];
    }),
  ];
};

/**
 * Whether a route of main lies inside one of an uplink's own prefixes. Such a one is copied in any case: replies within
 * the prefix ask this table before they ask main, and would leave by the uplink for a LAN that is part of its subnet.
 */
const isWithin =
  (prefixes: readonly Route[]) =>
  ({ destination }: Route): boolean => {
    const [network = ''] = destination.split('/');
    return prefixes.some((prefix) => contains(prefix.destination, network));
  };

/**
 * The defaults of the balance table: what shares the traffic, and below it each working uplink alone, at a metric that
 * is its own for ever, or while it is deferred. These are the failover order, tier then id, and with
 * `balance = "failover"` all there is: the kernel moves to the next one by itself, and an event changes no route but the
 * one of its uplink.
 * Nexthops stand in the order of the ids, so that uplinks reordered in the configuration change nothing.
 */
const computeBalance = (shape: Shape, states: readonly UplinkState[], { balance }: Settings): Route[] => {
  const working = states.filter((state) => state.use === 'working').sort(byRankThenId);
  const singles = working.flatMap((state) =>
    state.nexthop === undefined
      ? []
      : [defaultRoute(shape, rankMetric(state) + state.uplink.id, [state.nexthop])],
  );
  return balance === 'failover' ? singles : [...computeMultipaths(shape, working), ...singles];
};

const byRankThenId = (a: UplinkState, b: UplinkState): number =>
  rankMetric(a) - rankMetric(b) || a.uplink.id - b.uplink.id;

/** Where uplinks of one rank begin: those of a tier, or its deferred ones, which stand between it and the next. */
const rankMetric = ({ uplink, deferred }: UplinkState): number =>
  METRIC.tierStep * uplink.tier + (deferred === true ? METRIC.deferred : 0);

/**
 * First a multipath of the best rank, then, because the kernel deletes a whole multipath when the device of one
 * nexthop is destroyed, what it falls back to before any hook ran: the same without each of its uplinks in turn, so
 * that the others go on sharing. A later rank of several uplinks gets a multipath too, for when the kernel passes the
 * better ones by (no carrier).
 */
const computeMultipaths = (shape: Shape, working: readonly UplinkState[]): Route[] => {
  const ranks = [...new Set(working.map(rankMetric))];
  return ranks.flatMap((metric, position) => {
    const members = working.filter((state) => rankMetric(state) === metric);
    if (position === 0)
      return [
        defaultRoute(shape, METRIC.multipath, members.flatMap(weighted)),
        ...computeWithout(shape, members),
      ];
    return members.length < 2 ? [] : [defaultRoute(shape, metric, members.flatMap(weighted))];
  });
};

/** With two uplinks, the multipath without one is the other alone, which stands below anyway. */
const computeWithout = (shape: Shape, members: readonly UplinkState[]): Route[] =>
  members.length < 3
    ? []
    : members.map((left) => {
        const others = members.filter((state) => state !== left);
        return defaultRoute(shape, METRIC.without + left.uplink.id, others.flatMap(weighted));
      });

const weighted = ({ uplink, nexthop }: UplinkState): Nexthop[] =>
  nexthop === undefined ? [] : [{ ...nexthop, weight: uplink.weight }];

/**
 * One that is draining keeps its own default for the connections that it has. Survivors must not stand in such a table: after `ip link set down; up` the kernel revives the
 * multipath member but not this table's own default, and connections would split over two links.
 */
const computeDefaults = (shape: Shape, state: UplinkState, balance: readonly Route[]): Route[] => {
  const own = state.nexthop === undefined ? [] : [state.nexthop];
  if (holdsConnections(state)) return [defaultRoute(shape, METRIC.own, own)];
  const survivors = balance.map((route) => ({ ...route, table: shape.table }));
  return state.use === 'dead' ? [...survivors, defaultRoute(shape, METRIC.dead, own)] : survivors;
};

/** A single nexthop is written as a plain route, which is how the kernel gives it back: without a weight. */
const defaultRoute = (shape: Shape, metric: number, nexthops: readonly Nexthop[]): Route => {
  const [first] = nexthops;
  const single = nexthops.length === 1 && first !== undefined;
  return {
    family: 4,
    ...shape,
    destination: 'default',
    tos: 0,
    metric,
    type: 'unicast',
    scope: single && first.gateway === undefined ? SCOPE.link : SCOPE.global,
    nexthops: single ? [{ ...first, weight: 1 }] : nexthops,
    metrics: {},
  };
};

/** The peer of a point-to-point address or the device's subnet, so that replies to it leave by this device. */
const computePrefixes = (shape: Shape, state: UplinkState): Route[] => {
  const { link } = state;
  if (link === undefined || !link.up) return [];
  const nexthops = [{ device: link.device, weight: 1, onlink: false, dead: false }];
  const seen = new Set<string>();
  return link.addresses.flatMap(({ address, peer, prefixLength }) => {
    const destination = networkOf(peer ?? address, prefixLength);
    // An address with /0 has the whole world for its subnet: that is a default, and no uplink's own.
    if (seen.has(destination) || destination === 'default' || (peer === undefined && prefixLength === 32))
      return [];
    seen.add(destination);
    const place = { family: 4, ...shape, destination, tos: 0, metric: 0 } as const;
    return [
      { ...place, type: 'unicast', scope: SCOPE.link, source: address, nexthops, metrics: {} } as const,
    ];
  });
};
