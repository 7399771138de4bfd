import type { Memory, Observed, Session, UplinkState, UplinkStatus } from '../model.ts';

/** `status --json`, one uplink. Times are seconds ago; what is not known is null. */
export interface UplinkReport {
  readonly id: number;
  readonly name: string;
  readonly device: string;
  readonly state: UplinkStatus;
  /** Why it is not up; empty when it is. */
  readonly reason: string;
  readonly since: number | null;
  readonly addresses: readonly string[];
  readonly gateway: string | null;
  readonly gatewaySource: string | null;
  readonly table: number;
  readonly tier: number;
  readonly weight: number;
  /** Share of new connections, 0..1. */
  readonly share: number;
  /** What the kernel has on the device: the kinds from the root down, or null without a device. */
  readonly qdisc: string | null;
  readonly qdiscConfigured: string;
  /** Bytes since the device came to be; null without one. */
  readonly sent: number | null;
  readonly received: number | null;
  readonly lastEvent: { readonly source: string; readonly phase: string; readonly ago: number } | null;
  readonly lastSession: Session | null;
}

/** `status --json`. Fields may be added under version 1; none changes its meaning or goes away. */
export interface StatusReport {
  readonly version: 1;
  readonly uplinks: readonly UplinkReport[];
  /** How many changes `mlb-hooks apply` would make now. */
  readonly pending: number;
  readonly conflicts: readonly string[];
  /** What could not be seen, or was not done, and why. */
  readonly notices: readonly string[];
}

/** Byte counters of a device, from /sys/class/net/DEVICE/statistics. */
export interface Counters {
  readonly sent: number;
  readonly received: number;
}

/** What is known of every uplink, for people and programs alike. `now` is seconds of uptime. */
export const reportUplinks = (
  states: readonly UplinkState[],
  tableBase: number,
  observed: Observed,
  memory: Memory,
  counters: ReadonlyMap<string, Counters>,
  now: number,
): UplinkReport[] =>
  states.map((state) => {
    const { uplink, status, reason } = state;
    const remembered = memory.uplinks[uplink.id];
    const ago = (at: number): number => Math.max(0, Math.round(now - at));
    const known = remembered?.status === status ? remembered.since : undefined;
    const event = remembered?.lastEvent;
    return {
      id: uplink.id,
      name: uplink.name,
      device: uplink.device,
      state: status,
      reason,
      since: known === undefined ? null : ago(known),
      addresses: state.addresses.map(({ address }) => address),
      gateway: state.nexthop?.gateway ?? null,
      gatewaySource: state.gatewaySource ?? null,
      table: tableBase + uplink.id,
      tier: uplink.tier,
      weight: uplink.weight,
      share: shareOf(state, states),
      qdisc: qdiscOf(uplink.device, observed),
      qdiscConfigured: uplink.qdisc,
      sent: counters.get(uplink.device)?.sent ?? null,
      received: counters.get(uplink.device)?.received ?? null,
      lastEvent:
        event === undefined ? null : { source: event.source, phase: event.phase, ago: ago(event.at) },
      lastSession: remembered?.session ?? null,
    };
  });

/** A line without carrier stays in the routes, but the kernel passes it by. */
const carries = ({ use, status }: UplinkState): boolean => use === 'working' && status === 'up';

const shareOf = (state: UplinkState, states: readonly UplinkState[]): number => {
  const carrying = states.filter(carries);
  const best = Math.min(...carrying.map(({ uplink }) => uplink.tier));
  if (!carries(state) || state.uplink.tier !== best) return 0;
  const members = carrying.filter(({ uplink }) => uplink.tier === best);
  return state.uplink.weight / members.reduce((sum, { uplink }) => sum + uplink.weight, 0);
};

const qdiscOf = (device: string, { qdiscs, links }: Observed): string | null => {
  if (!links.some((link) => link.device === device)) return null;
  if (qdiscs === undefined) return null;
  const tree = qdiscs.filter((qdisc) => qdisc.device === device && !qdisc.parent.startsWith('ffff:'));
  const kinds = [...tree].sort((a, b) => Number(b.parent === 'root') - Number(a.parent === 'root'));
  return [...new Set(kinds.map(({ kind }) => kind))].join(' > ') || 'none';
};
