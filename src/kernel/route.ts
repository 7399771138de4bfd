import type { Family, Link, Nexthop, Route, RouteType } from '../model.ts';

interface NexthopJson {
  readonly gateway?: string;
  readonly via?: { readonly host?: string };
  readonly dev?: string;
  readonly weight?: number;
  readonly flags?: readonly string[];
}

interface RouteJson extends NexthopJson {
  readonly type?: string;
  readonly dst: string;
  readonly tos?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly scope?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly nexthops?: readonly NexthopJson[];
  readonly metrics?: readonly Readonly<Record<string, unknown>>[];
  readonly encap?: unknown;
}

/** Types of rtnetlink(7) that forward or refuse; local, broadcast and the like are the kernel's own business. */
const TYPES: Readonly<Record<string, RouteType>> = {
  1: 'unicast',
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
  9: 'throw',
};

const SCOPE_NAMES: Readonly<Record<number, string>> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host' };

/** Route metrics that `ip route` prints and reads as the same plain number. `lock` is never printed as JSON. */
const NUMERIC_METRICS = [
  'mtu',
  'advmss',
  'window',
  'hoplimit',
  'initcwnd',
  'initrwnd',
  'quickack',
  'reordering',
];

/**
 * Reads `ip -FAMILY -j -d -N route show table all`; leaves out the types that are never copied or written.
 * `links` tell a dead nexthop from one that waits for its carrier.
 */
export const parseRoutes = (json: readonly unknown[], family: Family, links: readonly Link[]): Route[] => {
  const routes: Route[] = [];
  const up = new Set(links.flatMap((link) => (link.up ? [link.device] : [])));
  for (const entry of json as readonly RouteJson[]) {
    const type = TYPES[entry.type ?? '1'];
    if (type !== undefined && isReadable(entry)) routes.push(parseRoute(entry, type, family, up));
  }
  return routes;
};

/** A route with an encapsulation (`encap ip …`) prints a second `dst`, the tunnel's, which hides the first. */
const isReadable = (entry: RouteJson): boolean =>
  typeof entry.dst === 'string' &&
  entry.encap === undefined &&
  entry.nexthops?.every((hop) => !('encap' in hop)) !== false;

/** Ten thousand routes pass here on a big router: fields are set one by one, because spreading costs more than all. */
const parseRoute = (entry: RouteJson, type: RouteType, family: Family, up: ReadonlySet<string>): Route => {
  const route: Writable<Route> = {
    family,
    table: Number(entry.table ?? 254),
    destination: entry.dst,
    tos: entry.tos === undefined ? 0 : Number(entry.tos),
    metric: entry.metric ?? 0,
    type,
    protocol: Number(entry.protocol ?? 3),
    scope: Number(entry.scope ?? 0),
    // A blackhole nexthop object shows a device, which no blackhole route may have.
    nexthops: type === 'unicast' ? parseNexthops(entry, up) : [],
    metrics: entry.metrics === undefined ? NO_METRICS : parseMetrics(entry.metrics),
  };
  if (entry.prefsrc !== undefined) route.source = entry.prefsrc;
  return route;
};

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NO_METRICS: Readonly<Record<string, number>> = {};

const parseNexthops = (entry: RouteJson, up: ReadonlySet<string>): readonly Nexthop[] => {
  if (entry.nexthops !== undefined) return entry.nexthops.map((hop) => parseNexthop(hop, up));
  return entry.dev === undefined ? [] : [parseNexthop(entry, up)];
};

/**
 * With ignore_routes_with_linkdown the kernel calls a nexthop dead as well when its device is up and only its carrier
 * is missing (fib_nexthop_info, net/ipv4/fib_semantics.c): it comes back by itself and is left alone.
 */
const parseNexthop = (
  { gateway, via, dev, weight, flags = [] }: NexthopJson,
  up: ReadonlySet<string>,
): Nexthop => {
  const waiting = flags.includes('linkdown') && dev !== undefined && up.has(dev);
  const dead = flags.includes('dead') && !waiting;
  const nexthop: Writable<Nexthop> = { weight: weight ?? 1, onlink: flags.includes('onlink'), dead };
  const address = gateway ?? via?.host;
  if (address !== undefined) nexthop.gateway = address;
  if (dev !== undefined) nexthop.device = dev;
  return nexthop;
};

const parseMetrics = (
  list: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, number>> => {
  const all = Object.assign({}, ...list) as Readonly<Record<string, unknown>>;
  const known = NUMERIC_METRICS.filter((name) => typeof all[name] === 'number');
  return Object.fromEntries(known.map((name) => [name, all[name] as number]));
};

/** What the kernel tells routes apart by (and `ip route replace` matches on): fib_table_insert, net/ipv4/fib_trie.c. */
export const routeKey = ({ family, table, destination, tos, metric }: Route): string =>
  `${family} ${table} ${destination} ${tos} ${metric}`;

/** Whether two routes of the same key are the same, value by value. A dead nexthop is not the same as a live one. */
export const routesEqual = (a: Route, b: Route): boolean => renderComparable(a) === renderComparable(b);

const renderComparable = (route: Route): string => {
  const dead = route.nexthops.some((nexthop) => nexthop.dead) ? ' dead' : '';
  return `${route.type} ${route.protocol} ${route.scope} ${renderValue(route)}${dead}`;
};

/** Arguments of `ip route add|replace` for this route: the same text that ip-route(8) documents, all explicit. */
export const renderRoute = (route: Route): string =>
  `${renderRouteKey(route)} scope ${SCOPE_NAMES[route.scope] ?? route.scope}${renderValue(route)}`;

/** Arguments of `ip route delete`: the key and our protocol, so that nobody else's route can match. */
export const renderRouteKey = ({ type, destination, table, protocol, metric, tos }: Route): string => {
  const prefix = type === 'unicast' ? '' : `${type} `;
  const suffix = (metric === 0 ? '' : ` metric ${metric}`) + (tos === 0 ? '' : ` tos 0x${tos.toString(16)}`);
  return `${prefix}${destination} table ${table} protocol ${protocol}${suffix}`;
};

const renderValue = (route: Route): string => {
  const source = route.source === undefined ? '' : ` src ${route.source}`;
  let metrics = '';
  for (const name in route.metrics) metrics += ` ${name} ${route.metrics[name]}`;
  return source + metrics + renderNexthops(route.nexthops);
};

const renderNexthops = (nexthops: readonly Nexthop[]): string => {
  const [first] = nexthops;
  if (first === undefined) return '';
  if (nexthops.length === 1) return renderNexthop(first);
  return nexthops.map((nexthop) => ` nexthop${renderNexthop(nexthop)} weight ${nexthop.weight}`).join('');
};

/** An IPv6 gateway of an IPv4 route (RFC 5549) is written `via inet6 …`; only copies of main's routes have one. */
const renderNexthop = ({ gateway, device, onlink }: Nexthop): string => {
  const via = gateway === undefined ? '' : ` via ${gateway.includes(':') ? 'inet6 ' : ''}${gateway}`;
  return `${via}${device === undefined ? '' : ` dev ${device}`}${onlink ? ' onlink' : ''}`;
};
