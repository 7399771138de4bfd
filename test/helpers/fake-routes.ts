/**
 * Routes as Linux keeps them: net/ipv4/fib_trie.c and fib_semantics.c, kernel 6.18, tried side by side with the
 * real one in test/netns/fake-kernel.test.ts. Causes of failure are worded as iproute2 6.1 prints them.
 */
import { TABLE } from '../../src/config/constants.ts';
import { contains, networkOf } from '../../src/ipv4.ts';
import { routeKey } from '../../src/kernel/route.ts';
import type { Address, Link, Nexthop, Route } from '../../src/model.ts';
import { resolveGateway } from './fake-lookup.ts';
import type { FakeState } from './fake-state.ts';

/** `ip route add|append|replace`; the cause if the kernel refuses. */
export const writeRoute = (
  state: FakeState,
  op: 'add' | 'append' | 'replace',
  written: Route,
): string | undefined => {
  const route = asShown(written);
  const cause = sourceProblem(state, route) ?? nexthopProblem(state, route);
  if (cause !== undefined) return cause;
  const key = routeKey(route);
  const same = state.routes.filter((other) => routeKey(other) === key);
  if (op === 'append') return append(state, route, same);
  const [first, ...rest] = same;
  if (first === undefined) state.routes.push(route);
  else if (op === 'add') return 'File exists';
  // An equal one further on is in the way; the first one itself is left as it is, dead members included.
  else if (rest.some((other) => isSame(other, route)))
    return isSame(first, route) ? undefined : 'File exists';
  else if (!isSame(first, route)) state.routes[state.routes.indexOf(first)] = route;
  return undefined;
};

/** A weight is shown in a multipath only. */
const asShown = (route: Route): Route =>
  route.nexthops.length === 1
    ? { ...route, nexthops: route.nexthops.map((nexthop) => ({ ...nexthop, weight: 1 })) }
    : route;

/** `ip route delete` with what we name: a metric or tos of 0 is a wildcard, and so is the type unicast. */
export const deleteRoute = (state: FakeState, wanted: Route): string | undefined => {
  const matches = state.routes.filter(
    (route) =>
      route.family === wanted.family &&
      route.table === wanted.table &&
      route.destination === wanted.destination &&
      route.tos === wanted.tos &&
      route.protocol === wanted.protocol &&
      (wanted.metric === 0 || route.metric === wanted.metric) &&
      (wanted.type === 'unicast' || route.type === wanted.type),
  );
  const [first] = matches.sort((a, b) => a.metric - b.metric);
  if (first === undefined) return 'No such process';
  state.routes.splice(state.routes.indexOf(first), 1);
  return undefined;
};

/**
 * What the kernel does to every table when a device goes down, loses its last address or is destroyed: a route
 * whose nexthops are all unusable is purged, another keeps a dead member; a destroyed device takes the whole
 * multipath with it (fib_sync_down_dev).
 */
export const syncDown = (state: FakeState, device: string, event: 'down' | 'destroyed'): void => {
  state.routes = state.routes.flatMap((route) => {
    if (!route.nexthops.some((nexthop) => nexthop.device === device)) return [route];
    const nexthops = route.nexthops.map((nexthop) =>
      nexthop.device === device ? { ...nexthop, dead: true } : nexthop,
    );
    const lost = event === 'destroyed' || nexthops.every(({ dead }) => dead);
    return lost ? [] : [{ ...route, nexthops }];
  });
};

/** Revives the dead members of a device that is up (fib_sync_up); purged routes do not come back. */
export const syncUp = (state: FakeState, device: string): void => {
  if (state.links.get(device)?.up !== true) return;
  state.routes = state.routes.map((route) =>
    route.nexthops.some((nexthop) => nexthop.dead && nexthop.device === device)
      ? {
          ...route,
          nexthops: route.nexthops.map((nexthop) =>
            nexthop.device === device ? { ...nexthop, dead: false } : nexthop,
          ),
        }
      : route,
  );
};

/** The kernel's own route to a subnet or peer, in main; none for a plain /32 (fib_add_ifaddr). */
export const connect = (state: FakeState, link: Link, address: Address): void => {
  const route = connectedRoute(link, address);
  if (route !== undefined) writeRoute(state, 'append', route);
};

/** Takes that route away, and main's routes with this source, which other tables keep (fib_del_ifaddr). */
export const disconnect = (state: FakeState, link: Link, address: Address): void => {
  const connected = connectedRoute(link, address);
  state.routes = state.routes.filter(
    (route) =>
      route.table !== TABLE.main ||
      !(route.source === address.address || (connected !== undefined && isSame(route, connected))),
  );
};

const connectedRoute = ({ device }: Link, { address, peer, prefixLength }: Address): Route | undefined =>
  peer === undefined && prefixLength === 32
    ? undefined
    : {
        family: 4,
        table: TABLE.main,
        destination: networkOf(peer ?? address, prefixLength),
        tos: 0,
        metric: 0,
        type: 'unicast',
        protocol: 2,
        scope: 253,
        source: address,
        nexthops: [{ device, weight: 1, onlink: false, dead: false }],
        metrics: {},
      };

const append = (state: FakeState, route: Route, same: readonly Route[]): string | undefined => {
  if (same.some((other) => isSame(other, route))) return 'File exists';
  state.routes.push(route);
  return undefined;
};

const sourceProblem = ({ links }: FakeState, { source }: Route): string | undefined => {
  const known =
    source === undefined ||
    [...links.values()].some(({ addresses }) => addresses.some(({ address }) => address === source));
  return known ? undefined : 'Invalid prefsrc address.';
};

const nexthopProblem = (state: FakeState, route: Route): string | undefined => {
  for (const nexthop of route.nexthops) {
    const { device = '', gateway, onlink } = nexthop;
    const link = state.links.get(device);
    if (link === undefined) return `Cannot find device "${device}"`;
    if (!link.up) return 'Device for nexthop is not up.';
    if (gateway !== undefined && link.addresses.some(({ address }) => contains(address, gateway)))
      return 'Nexthop has invalid gateway.';
    if (gateway !== undefined && !onlink && !resolveGateway(state, route.table, gateway, device))
      return 'Nexthop has invalid gateway.';
  }
  return undefined;
};

/** Equal to the kernel: everything but what it found out by itself (fib_find_info). */
const isSame = (a: Route, b: Route): boolean => identity(a) === identity(b);

const identity = ({ nexthops, ...route }: Route): string =>
  JSON.stringify([
    routeKey({ ...route, nexthops }),
    route.type,
    route.protocol,
    route.scope,
    route.source ?? '',
    Object.entries(route.metrics).sort(),
    nexthops.map(nexthopIdentity),
  ]);

const nexthopIdentity = ({ gateway = '', device = '', weight, onlink }: Nexthop): unknown[] => [
  gateway,
  device,
  weight,
  onlink,
];
