import type { Config, Link, Memory, Observed, Uplink, UplinkMemory, UplinkState, Veto } from '../model.ts';
import { findWay, gatewayFault } from './gateway.ts';
import { applyVerdicts } from './verdicts.ts';

/** What every uplink is now, in the order of the configuration. */
export const computeUplinks = (config: Config, observed: Observed, memory: Memory): UplinkState[] => {
  const states = config.uplinks.map((uplink) =>
    computeUplink(uplink, config, observed, memory.uplinks[uplink.id]),
  );
  return applyVerdicts(states, observed.verdicts, config.settings);
};

/** Whether an uplink has connections that must not lose their way: it works, or they are its last. */
export const holdsConnections = ({ use }: UplinkState): boolean => use === 'working' || use === 'draining';

const computeUplink = (
  uplink: Uplink,
  config: Config,
  observed: Observed,
  memory: UplinkMemory | undefined,
): UplinkState => {
  const { device } = uplink;
  const link = observed.links.find((candidate) => candidate.device === device);
  if (link === undefined)
    return gone(uplink, 'absent', `no device ${device}: the line is not dialled, or its driver is missing`);
  if (!link.up) return gone(uplink, 'down', `${device} is administratively down`, link);
  if (link.addresses.length === 0)
    return gone(
      uplink,
      'no-address',
      `${device} has no IPv4 address${link.carrier ? '' : ' and no carrier'}`,
      link,
    );
  const way = findWay(uplink, link, observed, config.settings, memory);
  if (way === undefined)
    return gone(
      uplink,
      'no-address',
      `no gateway is known for ${device}; set gateway for "${uplink.name}"`,
      link,
    );
  const fault = gatewayFault(way.nexthop, link, observed, memory);
  if (fault !== undefined)
    return gone(uplink, 'no-address', `${fault}; set the right one for "${uplink.name}"`, link);
  return {
    uplink,
    link,
    addresses: link.addresses,
    nexthop: way.nexthop,
    ...(way.source === undefined ? {} : { gatewaySource: way.source }),
    ...computeStanding(uplink, link, memory),
  };
};

/** What operators and events say of a line that could carry traffic, and whether it has carrier. */
const computeStanding = (
  uplink: Uplink,
  link: Link,
  memory: UplinkMemory | undefined,
): Pick<UplinkState, 'status' | 'use' | 'reason'> => {
  const { device, name } = uplink;
  const back = `back with: mlb-hooks enable ${name}`;
  if (memory?.word === 'disabled')
    return {
      status: 'disabled',
      use: 'dead',
      reason: `taken out of use by "mlb-hooks disable"; ${back}`,
    };
  const veto = memory?.device === device ? memory.veto : undefined;
  if (veto !== undefined && vetoHolds(veto, link))
    return { status: 'vetoed', use: 'dead', reason: vetoReason(uplink, memory) };
  if (memory?.word === 'draining')
    return { status: 'draining', use: 'draining', reason: `no new connections ("mlb-hooks drain"); ${back}` };
  if (!link.carrier)
    return { status: 'no-carrier', use: 'working', reason: `${device} has no carrier: no cable or no peer` };
  return { status: 'up', use: 'working', reason: '' };
};

const vetoReason = ({ name }: Uplink, memory: UplinkMemory | undefined): string =>
  memory?.lastEvent?.source === 'manual' && memory.lastEvent.phase === 'down'
    ? `taken out of use by "mlb-hooks down"; back with: mlb-hooks up ${name}`
    : 'an event said that it is going down';

const gone = (
  uplink: Uplink,
  status: 'absent' | 'down' | 'no-address',
  reason: string,
  link?: Link,
): UplinkState => ({
  uplink,
  status,
  reason,
  use: 'gone',
  addresses: link?.addresses ?? [],
  ...(link === undefined ? {} : { link }),
});

/**
 * Whether a veto still speaks of this link: the same device (a recreated one has another index), and not one
 * that has been given another address since. Losing the address does not end it: that is what it announced.
 */
export const vetoHolds = (veto: Veto, link: Link): boolean =>
  veto.index === link.index &&
  (veto.address === undefined ||
    link.addresses.length === 0 ||
    link.addresses.some(({ address }) => address === veto.address));
