import { METRIC, TABLE } from '../config/constants.ts';
import { contains, isSubnetEdge, networkOf } from '../ipv4.ts';
import type {
  GatewaySource,
  Link,
  Nexthop,
  Observed,
  Route,
  Settings,
  Uplink,
  UplinkMemory,
} from '../model.ts';

/** The way out over a device, and where its gateway was learned. */
export interface Way {
  readonly nexthop: Nexthop;
  readonly source?: GatewaySource;
}

/**
 * How an uplink's own default leaves its device, or undefined if no gateway is known. Best source first:
 * the configuration, main's live default on that device (DHCP and ifupdown put it there), the DHCP lease
 * (a second client finds a default in main already and its own is refused), the gateway that an ifupdown event
 * named, the peer of the address, and last the one in our own table: an operator may have deleted main's.
 */
export const findWay = (
  uplink: Uplink,
  link: Link,
  observed: Observed,
  settings: Settings,
  memory: UplinkMemory | undefined,
): Way | undefined => {
  if (uplink.gateway !== undefined) return via(uplink.gateway, 'config', link);
  if (link.noArp) return { nexthop: { ...PLAIN, device: link.device } };
  const learned: readonly [GatewaySource, string | undefined][] = [
    ['main', defaultOf(observed.routes, TABLE.main, link.device)],
    ['lease', leaseGateway(link, observed)],
    ['event', eventGateway(link, memory)],
    ['peer', link.addresses.find((address) => address.peer !== undefined)?.peer],
    ['kept', keptGateway(uplink, link, observed.routes, settings)],
  ];
  const found = learned.find(([, gateway]) => gateway !== undefined);
  return found?.[1] === undefined ? undefined : via(found[1], found[0], link);
};

/**
 * Why a gateway cannot be one, or undefined. A route by such a gateway is refused, and with it the whole multipath that
 * it is in: one wrong address must not keep the balance of all others as it was.
 */
export const gatewayFault = (
  { gateway }: Nexthop,
  link: Link,
  { links }: Observed,
  memory: UplinkMemory | undefined,
): string | undefined => {
  if (gateway === undefined) return undefined;
  const owner = links.find(({ addresses }) => addresses.some(({ address }) => address === gateway));
  if (owner !== undefined) return `gateway ${gateway} is this router's own address on ${owner.device}`;
  const subnet = networksOf(link).find((network) => isSubnetEdge(gateway, network));
  if (subnet !== undefined) return `gateway ${gateway} is the network or broadcast address of ${subnet}`;
  return memory?.refused?.gateway === gateway
    ? `the kernel refuses gateway ${gateway}: ${memory.refused.cause}`
    : undefined;
};

/** Whether a gateway must be looked for beyond what the kernel shows: only then a DHCP lease is worth reading. */
export const needsLease = (uplink: Uplink, link: Link, routes: readonly Route[]): boolean =>
  uplink.gateway === undefined &&
  !link.noArp &&
  link.addresses.length > 0 &&
  defaultOf(routes, TABLE.main, link.device) === undefined;

/** Networks that a device reaches without a gateway: the peer of a point-to-point address, else the subnet. */
export const networksOf = (link: Link): string[] =>
  link.addresses.map(({ address, peer, prefixLength }) => networkOf(peer ?? address, prefixLength));

const PLAIN = { weight: 1, onlink: false, dead: false } as const;

/** `onlink` where no subnet of the device holds the gateway; the kernel refuses the route without it. */
const via = (gateway: string, source: GatewaySource, link: Link): Way => {
  const onlink = !networksOf(link).some((network) => contains(network, gateway));
  return { nexthop: { ...PLAIN, gateway, device: link.device, onlink }, source };
};

/** The router of the lease that gave the link its address: any other is of a time when the port was elsewhere. */
const leaseGateway = (link: Link, { leases }: Observed): string | undefined =>
  leases.get(link.device)?.find((lease) => link.addresses.some(({ address }) => address === lease.address))
    ?.router;

/** What an ifupdown event named, as long as the link still has the address that it had then. */
const eventGateway = (link: Link, memory: UplinkMemory | undefined): string | undefined => {
  const { gateway } = memory ?? {};
  if (gateway === undefined || gateway.index !== link.index) return undefined;
  return link.addresses.some(({ address }) => address === gateway.local) ? gateway.address : undefined;
};

const defaultOf = (routes: readonly Route[], table: number, device: string): string | undefined => {
  for (const route of routes) {
    if (route.table !== table || route.destination !== 'default') continue;
    const nexthop = route.nexthops.find((hop) => hop.device === device && !hop.dead);
    if (nexthop?.gateway !== undefined) return nexthop.gateway;
  }
  return undefined;
};

/** What an earlier run wrote, as long as the address still fits it. */
const keptGateway = (
  uplink: Uplink,
  link: Link,
  routes: readonly Route[],
  settings: Settings,
): string | undefined => {
  const own = routes.filter(
    ({ metric, protocol }) =>
      protocol === settings.protocol && (metric === METRIC.own || metric === METRIC.dead),
  );
  const gateway = defaultOf(own, settings.tableBase + uplink.id, link.device);
  if (gateway === undefined) return undefined;
  return networksOf(link).some((network) => contains(network, gateway)) ? gateway : undefined;
};
