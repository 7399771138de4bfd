import { vetoHolds } from '../desired/uplinks.ts';
import type { Config, Link, LinkEvent, Memory, Uplink, UplinkMemory, Veto } from '../model.ts';
import { refusalHolds } from './refused.ts';

/**
 * What is remembered after these events, in their order, given the links as they are now. Vetoes and refusals that no
 * longer speak of the present link end here; what belongs to uplinks that are no longer configured is dropped.
 * `now` is seconds of uptime.
 */
export const foldEvents = (
  memory: Memory,
  events: readonly LinkEvent[],
  config: Config,
  links: readonly Link[],
  now: number,
): Memory => ({
  ...memory,
  uplinks: Object.fromEntries(
    config.uplinks.map((uplink) => {
      const link = links.find(({ device }) => device === uplink.device);
      const before = startOf(memory.uplinks[uplink.id], uplink);
      const after = events
        .filter(({ device }) => device === uplink.device)
        .reduce((state, event) => foldEvent(state, event, link, now), before);
      return [uplink.id, withoutStaleRefusal(withoutStaleVeto(after, link), link)];
    }),
  ),
});

/**
 * An uplink that was moved to another device starts anew: nothing known of the old one holds. What an operator said is
 * about the uplink, whatever its device.
 */
const startOf = (memory: UplinkMemory | undefined, { device }: Uplink): UplinkMemory => {
  if (memory?.device === device) return memory;
  return { device, ...(memory?.word === undefined ? {} : { word: memory.word }) };
};

const foldEvent = (
  memory: UplinkMemory,
  event: LinkEvent,
  link: Link | undefined,
  now: number,
): UplinkMemory => {
  const { source, phase } = event;
  const lastEvent = { source, phase, at: now };
  if (phase === 'touch') return { ...memory, lastEvent };
  if (phase === 'up') return foldUp({ ...memory, lastEvent }, event, link);
  return foldDown({ ...memory, lastEvent }, event, link);
};

const foldUp = (memory: UplinkMemory, event: LinkEvent, link: Link | undefined): UplinkMemory => {
  const { veto: _ended, pppd: _previous, refused: _tried, gateway: earlier, ...kept } = memory;
  const gateway = event.source === 'ifupdown' ? gatewayOf(event, link) : earlier;
  return {
    ...kept,
    ...(gateway === undefined ? {} : { gateway }),
    ...(event.pppd === undefined ? {} : { pppd: event.pppd }),
  };
};

/** What ifupdown names replaces what it named before; a stanza without a gateway has none. */
const gatewayOf = (event: LinkEvent, link: Link | undefined): UplinkMemory['gateway'] => {
  const local = event.address ?? link?.addresses[0]?.address;
  if (event.gateway === undefined || link === undefined || local === undefined) return undefined;
  return { address: event.gateway, index: link.index, local };
};

/** A session's counters are kept whoever ran it; whether the line is vetoed depends on who did. */
const foldDown = (memory: UplinkMemory, event: LinkEvent, link: Link | undefined): UplinkMemory => {
  const session = event.session === undefined ? {} : { session: event.session };
  const veto = vetoOf(memory, event, link);
  return { ...memory, ...session, ...(veto === undefined ? {} : { veto }) };
};

/**
 * A down event vetoes the link only if it speaks of it: not if another pppd runs the line now, nor if the device
 * has been recreated or given another address since the hook started. No device needs no veto.
 */
const vetoOf = (memory: UplinkMemory, event: LinkEvent, link: Link | undefined): Veto | undefined => {
  if (link === undefined) return undefined;
  if (event.pppd !== undefined && memory.pppd !== undefined && event.pppd !== memory.pppd) return undefined;
  if (event.index !== undefined && event.index !== link.index) return undefined;
  const addresses = link.addresses.map(({ address }) => address);
  const { address = addresses[0] } = event;
  if (address !== undefined && addresses.length > 0 && !addresses.includes(address)) return undefined;
  return { index: link.index, ...(address === undefined ? {} : { address }) };
};

const withoutStaleVeto = (memory: UplinkMemory, link: Link | undefined): UplinkMemory => {
  const { veto, ...rest } = memory;
  if (veto === undefined || (link !== undefined && vetoHolds(veto, link))) return memory;
  return rest;
};

const withoutStaleRefusal = (memory: UplinkMemory, link: Link | undefined): UplinkMemory => {
  const { refused, ...rest } = memory;
  return refused === undefined || refusalHolds(refused, link) ? memory : rest;
};
