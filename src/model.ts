/**
 * Every noun of the program, types only. The pure folders (config/schema excepted) speak in these
 * and never see JSON, command text or a file.
 */
import type { Config, Health, Policy, Settings, Target, Uplink } from './config/schema.ts';

export type { Config, Health, Policy, Settings, Target, Uplink };

/** Address family of a route, rule or address: part of every key, so that 6 can join without a redesign. */
export type Family = 4 | 6;

/** Which program told us of a change. `manual` is `mlb-hooks up` / `mlb-hooks down`. */
export type EventSource = 'pppd' | 'ifupdown' | 'manual';

/**
 * A hint that a device changed. It never proves an uplink up; `down` may veto one.
 * Times are CLOCK_MONOTONIC nanoseconds as decimal text, immune to clock steps.
 */
export interface LinkEvent {
  readonly source: EventSource;
  /** `touch`: something about the device changed, look again, but it is neither going up nor down. */
  readonly phase: 'up' | 'down' | 'touch';
  readonly device: string;
  /** ifindex of the device when the hook started; 0 if the device was gone already. */
  readonly index?: number;
  /** The local address the event speaks of (pppd's IPLOCAL, ifupdown's IF_ADDRESS). */
  readonly address?: string;
  /** Gateway that a static ifupdown stanza names (IF_GATEWAY). */
  readonly gateway?: string;
  /** Process id of the pppd that runs the session. */
  readonly pppd?: number;
  /** What pppd counted, at hangup only. */
  readonly session?: Session;
}

/** A finished ppp session: seconds and bytes as pppd reports them (pppd(8), CONNECT_TIME, BYTES_SENT, BYTES_RCVD). */
export interface Session {
  readonly seconds: number;
  readonly sent: number;
  readonly received: number;
}

/** A network device as the kernel shows it. */
export interface Link {
  readonly index: number;
  readonly device: string;
  /** Administratively up (IFF_UP). */
  readonly up: boolean;
  /** Lower layer present (IFF_LOWER_UP). */
  readonly carrier: boolean;
  /** No link-layer addresses to resolve (IFF_POINTOPOINT or IFF_NOARP): a default needs no gateway. */
  readonly noArp: boolean;
  readonly mtu: number;
  readonly addresses: readonly Address[];
}

/** An address of a device, without those of host or link scope. */
export interface Address {
  readonly family: Family;
  readonly address: string;
  /** The other end of a point-to-point address; absent on a subnet. */
  readonly peer?: string;
  readonly prefixLength: number;
}

export type RouteType = 'unicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw';

export interface Nexthop {
  readonly gateway?: string;
  readonly device?: string;
  /** 1..256; meaningful in a multipath route only. */
  readonly weight: number;
  /** The gateway is taken to be on this device even if no subnet says so. */
  readonly onlink: boolean;
  /** The kernel will not use it: its device is down (`dead`). */
  readonly dead: boolean;
}

/** A route. Key: family, table, destination, tos, metric (what `ip route replace` matches on); the rest is its value. */
export interface Route {
  readonly family: Family;
  readonly table: number;
  /** CIDR, or `default`. */
  readonly destination: string;
  readonly tos: number;
  readonly metric: number;
  readonly type: RouteType;
  readonly protocol: number;
  /** Numeric scope of rtnetlink(7): 0 global, 253 link, 254 host. */
  readonly scope: number;
  readonly source?: string;
  readonly nexthops: readonly Nexthop[];
  /** Numeric route metrics (`mtu`, `advmss`, …) as ip-route(8) names them. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** A rule. All selectors, the priority, the table and the protocol are its key; there is no value. */
export interface Rule {
  readonly family: Family;
  readonly priority: number;
  readonly protocol: number;
  /** 0 where the rule looks no table up, but answers `unreachable`. */
  readonly table: number;
  readonly unreachable?: true;
  readonly from?: string;
  readonly to?: string;
  /** The packet's mark under a mask equals this value (`fwmark VALUE/MASK`). */
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly oif?: string;
  readonly suppressPrefixLength?: number;
  /** Selectors that we never write; only somebody else's rule has any. */
  readonly foreign: boolean;
}

/** A queueing discipline. Key: device and parent; the rest is its value. */
export interface Qdisc {
  readonly device: string;
  readonly parent: string;
  /** tc's spelling, hexadecimal with a colon: `77:`. `0:` is a default that nobody asked for. */
  readonly handle: string;
  readonly kind: string;
  /** The options that we set, by tc's JSON names, in tc's JSON units (rates in bytes per second). */
  readonly options: Readonly<Record<string, number>>;
}

/** A per-device IPv4 sysctl, /proc/sys/net/ipv4/conf/DEVICE/KEY. */
export interface Sysctl {
  readonly device: string;
  readonly key: 'ignore_routes_with_linkdown' | 'rp_filter';
  readonly value: number;
}

/**
 * What identifies a loaded ruleset: the text of table `inet mlb_hooks` is a pure function of the configuration and of
 * these. A counter in the table bears them in its name, so that one look, or one line of a transaction, proves them.
 */
export interface Ruleset {
  /** Fingerprint of all that link events do not change: the configuration and the edition of our text. */
  readonly build: string;
  /** Ids of the working uplinks, ascending, as far as the ruleset chooses between them: in many rulesets none. */
  readonly living: readonly number[];
  /**
   * Those of them without carrier, if any. The kernel passes them by and takes them back without any event, so they keep
   * their share of the balance; a policy turns to the uplinks that it names next.
   */
  readonly unplugged?: readonly number[];
  /** Those of them that others of their group come before, because they lose or delay much. */
  readonly deferred?: readonly number[];
}

/** What the text of the ruleset depends on besides the configuration and the working uplinks. It seldom changes. */
export interface RulesetFacts {
  /** Conntrack helpers that this kernel refused. */
  readonly missingHelpers: readonly string[];
  /** Id of an uplink -> the MTU that its device had last, where it is smaller than ethernet's. */
  readonly smallMtus: Readonly<Record<string, number>>;
  /** Ids of draining uplinks: policies give them no new connections. */
  readonly draining: readonly number[];
}

/** An object of an nftables table. `rules`: how many a chain has. */
export interface NftObject {
  readonly kind: 'chain' | 'set' | 'map' | 'counter' | 'ct helper';
  readonly name: string;
  readonly rules?: number;
}

/** What is known of table `inet mlb_hooks`. */
export interface NftTable {
  /** Absent: there is no table, or none that we finished loading. */
  readonly loaded?: Ruleset;
  /** All that is in the table; absent where it was remembered and not listed. */
  readonly objects?: readonly NftObject[];
}

/** One command of an nft script, and what it is about, as the operator calls it: `policy "mail"`. */
export interface NftLine {
  readonly text: string;
  readonly about?: string;
}

/** What a DHCP client wrote down: the address that it got, and the first router. */
export interface Lease {
  readonly address: string;
  readonly router: string;
}

/** What the kernel and the machine show at one moment. */
export interface Observed {
  readonly links: readonly Link[];
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  /** Undefined when they could not be read: then none is planned. */
  readonly qdiscs: readonly Qdisc[] | undefined;
  /** Undefined when it could not be read: then nothing about it is planned. */
  readonly nft: NftTable | undefined;
  /** Of uplink devices, and of the pseudo device `all`. */
  readonly sysctls: readonly Sysctl[];
  /** DHCP leases by device, read where the kernel shows no gateway; some may be of another time. */
  readonly leases: ReadonlyMap<string, readonly Lease[]>;
  /** What the monitor found, by the id of the uplink; none where no monitor runs, or its word has expired. */
  readonly verdicts: ReadonlyMap<number, Verdict>;
}

/** What probes say of a line. `unknown`: nothing that could be believed yet. */
export type LineHealth = 'unknown' | 'alive' | 'degraded' | 'dead';

/** What was measured over the window, of a target or a line; null where nothing answered, or nothing was asked. */
export interface Measured {
  /** 0..1. */
  readonly loss: number | null;
  /** Mean round-trip time, ms. */
  readonly rtt: number | null;
  /** Mean difference of consecutive round-trip times, ms (RFC 3550, 6.4.1, without its smoothing). */
  readonly jitter: number | null;
}

/** What the monitor found of one uplink's line. Times are seconds of /proc/uptime. */
export interface Verdict extends Measured {
  readonly id: number;
  /** The link that it speaks of: a device that was made anew has another index, and nothing is known of it. */
  readonly device: string;
  readonly index: number;
  readonly health: LineHealth;
  /** Why, for people; empty when alive. */
  readonly reason: string;
  readonly since: number;
  /** What the target `gateway` stood for. */
  readonly gateway?: string;
  /** How often the line died lately; each time doubles how long it must answer before it is used again. */
  readonly flaps: number;
  readonly targets: readonly TargetHealth[];
}

/** What is known of one target. */
export interface TargetHealth extends Measured {
  /** As written in the configuration. */
  readonly target: string;
  readonly health: 'unknown' | 'alive' | 'dead';
  /** Why it is not alive; empty when it is. */
  readonly reason: string;
}

/** What should be in the kernel, and is ours. */
export interface Desired {
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  readonly qdiscs: readonly Qdisc[];
  readonly sysctls: readonly Sysctl[];
  /** Undefined: no table of ours. */
  readonly nft: Ruleset | undefined;
}

export type UplinkStatus =
  | 'up'
  | 'absent'
  | 'down'
  | 'no-carrier'
  | 'no-address'
  | 'vetoed'
  | 'disabled'
  | 'draining'
  | 'dead'
  | 'degraded';

/** What an operator has said of an uplink: not used at all, or by no new connections. */
export type Word = 'disabled' | 'draining';

/** Where a gateway was learned, best first. */
export type GatewaySource = 'config' | 'main' | 'lease' | 'event' | 'peer' | 'kept';

/** An uplink as it stands now. */
export interface UplinkState {
  readonly uplink: Uplink;
  readonly status: UplinkStatus;
  /** Why, for people; empty when up. */
  readonly reason: string;
  readonly link?: Link;
  readonly addresses: readonly Address[];
  /** The nexthop of its own default route; absent when it has none. */
  readonly nexthop?: Nexthop;
  readonly gatewaySource?: GatewaySource;
  /**
   * `working`: carries traffic (also without carrier: the kernel passes it by and takes it back by itself).
   * `draining`: connections that it has go on, new ones do not come. `dead`: its device could carry traffic but must
   * not. `gone`: it could not.
   */
  readonly use: 'working' | 'draining' | 'dead' | 'gone';
  /** Others of its tier come first; it works. */
  readonly deferred?: true;
  readonly verdict?: Verdict;
}

export interface Veto {
  readonly index: number;
  readonly address?: string;
}

/** A gateway that the kernel would not have, twice in a row, and what it said. Those of old state files say no more. */
export interface Refusal {
  readonly gateway: string;
  readonly cause: string;
  /** The link at the time; its addresses with their prefix lengths. */
  readonly index?: number;
  readonly addresses?: readonly string[];
  /** When it was tried last, seconds of uptime. */
  readonly at?: number;
}

/** What only events tell of one uplink, kept in /run until reboot. Times are seconds of /proc/uptime. */
export interface UplinkMemory {
  readonly device: string;
  readonly veto?: Veto;
  readonly word?: Word;
  readonly pppd?: number;
  /** The gateway that the last ifupdown event named, and the uplink's address at the time. */
  readonly gateway?: { readonly address: string; readonly index: number; readonly local: string };
  readonly session?: Session;
  readonly refused?: Refusal;
  readonly status?: UplinkStatus;
  /** Whether it had connections to carry: it was working or draining. */
  readonly carried?: boolean;
  readonly since?: number;
  readonly addresses?: readonly string[];
  /** MTU of its device when it was last there, if smaller than ethernet's. */
  readonly smallMtu?: number;
  readonly lastEvent?: {
    readonly source: EventSource;
    readonly phase: LinkEvent['phase'];
    readonly at: number;
  };
}

/** A sysctl of ours with the value it had before, to be restored by `flush`. */
export interface RememberedSysctl {
  readonly device: string;
  readonly index: number;
  readonly key: Sysctl['key'];
  readonly before: number;
}

/** The content of the state file. */
export interface Memory {
  readonly uplinks: Readonly<Record<string, UplinkMemory>>;
  readonly sysctls: readonly RememberedSysctl[];
  /** Kinds of qdisc that this kernel refused: said once, not tried again by hooks until reboot. */
  readonly missingQdiscs: readonly string[];
  /** Conntrack helpers that this kernel refused: left out of the ruleset until reboot or `apply`. */
  readonly missingHelpers: readonly string[];
  /** Tools that are not installed and were named once. */
  readonly missingTools: readonly string[];
  /** The ruleset that we loaded last; a hook believes it, and its transaction or its confirmation proves it. */
  readonly loaded?: Ruleset;
}

/** One difference between desired and observed. */
export type Change =
  | { readonly kind: 'sysctl'; readonly op: 'write'; readonly sysctl: Sysctl }
  | { readonly kind: 'route'; readonly op: 'add' | 'replace'; readonly route: Route }
  /** `exact` deletes this one of several routes with the same key; else the key says which. */
  | { readonly kind: 'route'; readonly op: 'delete'; readonly route: Route; readonly exact?: true }
  | { readonly kind: 'rule'; readonly op: 'add' | 'delete'; readonly rule: Rule }
  | { readonly kind: 'qdisc'; readonly op: 'replace' | 'delete'; readonly qdisc: Qdisc }
  | NftChange;

/**
 * One nft transaction on our table. `prepare` puts in what `load` will refer to, because elements of a concatenated
 * interval map are seen by packets a moment later than rules; `load` is the whole ruleset; `update` what link events
 * change in it; `clean` takes away what nothing refers to any more; `delete` the table.
 */
export interface NftChange {
  readonly kind: 'nft';
  readonly op: 'prepare' | 'load' | 'update' | 'clean' | 'delete';
  /** What is loaded once all of the plan is done; absent with `delete`. */
  readonly ruleset?: Ruleset;
  readonly lines: readonly NftLine[];
}

/** A change that could not be made, and what the kernel or the tool said. */
export interface Failure {
  readonly change: Change;
  readonly cause: string;
  /** What of the change it is about, as the operator calls it: `policy "mail"`. */
  readonly about?: string;
}

/** Somebody else's object inside our ranges; left alone and reported. */
export interface Conflict {
  /** What it is, as its own tool would write it. */
  readonly object: string;
  readonly consequence: string;
  readonly remedy: string;
}

export interface Plan {
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
}

/** Lines for one process of `ip` or `tc`, and the change behind each line; or a transaction for `nft`, one change. */
export interface Batch {
  readonly tool: 'ip' | 'tc' | 'nft';
  readonly args: readonly string[];
  readonly lines: readonly string[];
  readonly changes: readonly Change[];
}

/** A finished child process. */
export interface ToolResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Set when the process could not be started or was ended by us: ENOENT, ETIMEDOUT, … */
  readonly errorCode?: string;
}

/**
 * Runs a tool by name (`ip`, `tc`, `nft`, `conntrack`, `ss`, `flock`) and never throws: failure is in the result.
 * Hooks pass a synchronous one (spawnSync), commands one built on execa.
 */
export type Runner = (
  tool: string,
  args: readonly string[],
  input?: string,
) => ToolResult | Promise<ToolResult>;
