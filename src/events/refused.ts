/** Pure: gateways that the kernel would not have, and for how long that is believed. */
import { METRIC } from '../config/constants.ts';
import type { Config, Failure, Link, Memory, Refusal, UplinkMemory } from '../model.ts';

/** Seconds after which a refused gateway is given another try. */
export const REFUSED_FOR = 60;

/** An uplink's own default that was refused for its gateway. */
export interface Refused {
  readonly id: string;
  readonly device: string;
  readonly gateway: string;
  readonly cause: string;
}

/** The gateways that the kernel would not have. That a device went down meanwhile is another matter. */
export const findRefused = (failures: readonly Failure[], { settings }: Config): Refused[] =>
  failures.flatMap(({ change, cause }): Refused[] => {
    if (change.kind !== 'route' || change.op === 'delete' || change.route.metric !== METRIC.own) return [];
    const { gateway, device } = change.route.nexthops[0] ?? {};
    if (gateway === undefined || device === undefined || !/gateway|unreachable/i.test(cause)) return [];
    const id = String(change.route.table - settings.tableBase);
    return [{ id, device, gateway, cause: cause.replace(/\.$/, '') }];
  });

/**
 * Memory with these gateways, bound to the links as they were seen, at `now`, seconds of uptime: an uplink with such a
 * gateway is out until it has another one, its link is another or was down, an up event, or `apply`.
 */
export const rememberRefused = (
  memory: Memory,
  refused: readonly Refused[],
  links: readonly Link[],
  now: number,
): Memory => {
  const uplinks = { ...memory.uplinks };
  for (const one of refused) {
    const uplink = uplinks[one.id];
    const link = links.find(({ device }) => device === one.device);
    if (uplink === undefined || link === undefined) continue;
    uplinks[one.id] = { ...uplink, refused: { ...refusalOf(one, link), at: now } };
  }
  return { ...memory, uplinks };
};

/**
 * Those that the kernel refused twice, while their links stayed as they were: in the middle of a flap it refuses every
 * gateway, and what comes of believing that is a good line that is left out.
 */
export const refusedTwice = (before: RefusedThere, last: RefusedThere): Refused[] =>
  last.refused.filter(({ id, device, gateway }) => {
    const earlier = before.refused.find((one) => one.id === id && one.gateway === gateway);
    const link = linkOf(before, device);
    return (
      earlier !== undefined &&
      link !== undefined &&
      refusalHolds(refusalOf(earlier, link), linkOf(last, device))
    );
  });

/** What was refused in one round, and the links that it had seen. */
export interface RefusedThere {
  readonly refused: readonly Refused[];
  readonly links: readonly Link[];
}

const linkOf = ({ links }: RefusedThere, name: string | undefined): Link | undefined =>
  links.find(({ device }) => device === name);

const refusalOf = ({ gateway, cause }: Refused, link: Link): Refusal => ({
  gateway,
  cause,
  index: link.index,
  addresses: addressesOf(link),
});

/** Whether what was refused still speaks of this link: the same device with the same addresses, up all the time. */
export const refusalHolds = ({ index, addresses }: Refusal, link: Link | undefined): boolean =>
  link?.up === true &&
  (index === undefined || index === link.index) &&
  (addresses === undefined || addresses.join() === addressesOf(link).join());

/** The uplinks, by id, whose refused gateway may be tried again at `now`. */
export const dueRefusals = ({ uplinks }: Memory, now: number): string[] =>
  Object.entries(uplinks).flatMap(([id, { refused }]) =>
    refused !== undefined && now - (refused.at ?? Number.NEGATIVE_INFINITY) >= REFUSED_FOR ? [id] : [],
  );

/** Memory that gives the refused gateways of these uplinks another try, or those of all. */
export const forgetRefused = (memory: Memory, ids = Object.keys(memory.uplinks)): Memory => ({
  ...memory,
  uplinks: Object.fromEntries(
    Object.entries(memory.uplinks).map(([id, uplink]) => [
      id,
      ids.includes(id) ? withoutRefusal(uplink) : uplink,
    ]),
  ),
});

const withoutRefusal = ({ refused: _refused, ...kept }: UplinkMemory): UplinkMemory => kept;

const addressesOf = ({ addresses }: Link): string[] =>
  addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
