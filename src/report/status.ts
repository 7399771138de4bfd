import type { Memory, Observed, Session, Settings, UplinkState, UplinkStatus, Word } from '../model.ts';
import { inCounter, outCounter } from '../ruleset/names.ts';
import { type HealthReport, type MonitorReport, reportHealth } from './health.ts';
import { type PolicyReport, partOf } from './policies.ts';
import { shareOf } from './shares.ts';

/** `status --json`, one uplink. Times are seconds ago; what is not known is null. */
export interface UplinkReport {
  readonly id: number;
  readonly name: string;
  readonly device: string;
  readonly state: UplinkStatus;
  /** Why it is not up; empty when it is. */
  readonly reason: string;
  readonly since: number | null;
  /** What an operator has said of it, also while something else keeps it out. */
  readonly word: Word | null;
  readonly addresses: readonly string[];
  readonly gateway: string | null;
  readonly gatewaySource: string | null;
  readonly table: number;
  readonly tier: number;
  readonly weight: number;
  /** The share, 0..1, that it should have now of the new connections that no policy takes. */
  readonly share: number;
  /** Others of its tier come first, because it loses or delays much. */
  readonly deferred: boolean;
  /** The share that it had, 0..1, of all since its counter came to be; null where there were none, or none were seen. */
  readonly realShare: number | null;
  /** New connections that left by it, policies included; they are counted over reloads, until `flush`. */
  readonly connections: number | null;
  /** New connections that came in by it. */
  readonly connectionsIn: number | null;
  /** What the kernel has on the device: the kinds from the root down, or null without a device. */
  readonly qdisc: string | null;
  readonly qdiscConfigured: string;
  /** Bytes since the device came to be; null without one. */
  readonly sent: number | null;
  readonly received: number | null;
  readonly lastEvent: { readonly source: string; readonly phase: string; readonly ago: number } | null;
  readonly lastSession: Session | null;
  /** What the monitor found of its line; null where none runs, or it has not seen this link yet. */
  readonly health: HealthReport | null;
}

/** `status --json`. Fields may be added under version 1; none changes its meaning or goes away. */
export interface StatusReport {
  readonly version: 1;
  /** How new connections are shared, as in the configuration. */
  readonly balance: Settings['balance'];
  /** New connections that left by the uplinks of the configuration; null where they could not be read. */
  readonly connections: number | null;
  readonly uplinks: readonly UplinkReport[];
  /** In the order of the configuration, which is that of matching. */
  readonly policies: readonly PolicyReport[];
  /** Null where none runs; absent where that may not be seen. */
  readonly monitor?: MonitorReport | null;
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

/** What was seen of the machine. */
export interface Seen {
  readonly observed: Observed;
  readonly memory: Memory;
  /** By device. */
  readonly bytes: ReadonlyMap<string, Counters>;
  /** Our table's counters by name, new connections; empty where they could not be read. */
  readonly connections: ReadonlyMap<string, number>;
  /** Seconds of uptime. */
  readonly now: number;
}

/** New connections that left by all uplinks; null where they could not be read. */
export const totalConnections = (states: readonly UplinkState[], { connections }: Seen): number | null => {
  const known = states.flatMap(({ uplink }) => connections.get(outCounter(uplink)) ?? []);
  return known.length === 0 ? null : known.reduce((sum, number) => sum + number, 0);
};

/** What is known of every uplink, for people and programs alike. */
export const reportUplinks = (
  states: readonly UplinkState[],
  { tableBase, balance }: Pick<Settings, 'tableBase' | 'balance'>,
  seen: Seen,
): UplinkReport[] => {
  const total = totalConnections(states, seen);
  return states.map((state) => {
    const { uplink, status, reason } = state;
    const { observed, connections } = seen;
    const remembered = seen.memory.uplinks[uplink.id];
    const ago = (at: number): number => Math.max(0, Math.round(seen.now - at));
    const known = remembered?.status === status ? remembered.since : undefined;
    const event = remembered?.lastEvent;
    const left = connections.get(outCounter(uplink)) ?? null;
    return {
      id: uplink.id,
      name: uplink.name,
      device: uplink.device,
      state: status,
      reason,
      since: known === undefined ? null : ago(known),
      word: remembered?.word ?? null,
      addresses: state.addresses.map(({ address }) => address),
      gateway: state.nexthop?.gateway ?? null,
      gatewaySource: state.gatewaySource ?? null,
      table: tableBase + uplink.id,
      tier: uplink.tier,
      weight: uplink.weight,
      share: shareOf(state, states, balance),
      deferred: state.deferred === true,
      realShare: partOf(left, total),
      connections: left,
      connectionsIn: connections.get(inCounter(uplink)) ?? null,
      qdisc: qdiscOf(uplink.device, observed),
      qdiscConfigured: uplink.qdisc,
      sent: seen.bytes.get(uplink.device)?.sent ?? null,
      received: seen.bytes.get(uplink.device)?.received ?? null,
      lastEvent:
        event === undefined ? null : { source: event.source, phase: event.phase, ago: ago(event.at) },
      lastSession: remembered?.session ?? null,
      health: reportHealth(state.verdict, ago),
    };
  });
};

const qdiscOf = (device: string, { qdiscs, links }: Observed): string | null => {
  if (!links.some((link) => link.device === device)) return null;
  if (qdiscs === undefined) return null;
  const tree = qdiscs.filter((qdisc) => qdisc.device === device && !qdisc.parent.startsWith('ffff:'));
  const kinds = [...tree].sort((a, b) => Number(b.parent === 'root') - Number(a.parent === 'root'));
  return [...new Set(kinds.map(({ kind }) => kind))].join(' > ') || 'none';
};
