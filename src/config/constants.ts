/** Numbers that are part of the design and no setting, each with its reason. */

/**
 * Highest uplink id. The default mark mask has six bits: 0 is "no uplink" and 63 is kept free,
 * so that neither an empty nor a full mark ever names an uplink.
 */
export const MAX_ID = 62;

/**
 * Highest tier. More tiers than uplinks make no sense, and METRIC.tierStep * tier + id stays far below
 * METRIC.dead.
 */
export const MAX_TIER = 62;

/**
 * Highest weight of a nexthop: the kernel keeps it in eight bits, less one (ip-route(8),
 * rtnexthop.rtnh_hops).
 */
export const MAX_WEIGHT = 256;

/**
 * Rule priorities relative to `priority-base`, lowest first; those of an uplink add its id. The kernel asks them all for
 * every packet that it routes, so what most packets match stands early.
 */
export const PRIORITY = {
  /** A peer or subnet that two uplinks share: before main, which would send to it by the first device. */
  markTo: -200,
  fromTo: -100,
  main: 0,
  mark: 0,
  /** Connections that a policy leaves to main: one behind the highest id. */
  markMain: MAX_ID + 1,
  strict: 90,
  oif: 100,
  from: 300,
  /** Destinations that stay in main. */
  keep: 400,
  balance: 900,
} as const;

/** The system's own rule `lookup main` (ip-rule(8)): all of ours stand before it. */
export const PRIORITY_MAIN = 32766;

/**
 * Route metrics. They are fixed per uplink and never ranks, so that an event changes few routes and
 * `ip route replace` is atomic.
 */
export const METRIC = {
  /** An uplink's own default in its own table. */
  own: 1,
  /** The multipath of the working uplinks of the best tier. */
  multipath: 10,
  /** That multipath without one uplink stands at without + id: what the kernel falls back to when it is destroyed. */
  without: 100,
  /**
   * An uplink alone stands at tierStep * tier + id: it carries on when the kernel has deleted the
   * multipath.
   */
  tierStep: 1000,
  /** Added to that of an uplink while others of its tier come first. */
  deferred: 500,
  /** The own default of an uplink that is judged dead: only what is bound to its device still finds it. */
  dead: 1_000_000,
} as const;

/** The kernel's routing tables (rtnetlink(7): RT_TABLE_*). 0 means "unspecified". */
export const TABLE = { main: 254, local: 255, default: 253 } as const;

/** Handles of our qdiscs as tc(8) writes them: hexadecimal. The root's is how we know a tree as ours. */
export const HANDLE = {
  root: '77:',
  /** prio, when it sits under a rate limit that has the root handle. */
  prio: '78:',
  /** sfq under each of prio's three bands, most urgent first. */
  bands: ['771:', '772:', '773:'],
} as const;

/**
 * Mark bit of connections that may leave by the uplinks of their policy only (`else = "reject"`); `mark-mask` must
 * leave it free.
 */
export const STRICT_MARK = 0x40000000;

/**
 * Mark bit of what the monitor sends to find out how a line is; `mark-mask` must leave it free. Policies, counters and
 * the guard let it pass: a probe measures the line that it is bound to, and no other.
 */
export const PROBE_MARK = 0x80000000;

/** Destinations that stay in main by default: link-local, multicast, broadcast (RFC 3927, RFC 5771, RFC 919). */
export const MAIN_DESTINATIONS: readonly string[] = ['169.254.0.0/16', '224.0.0.0/4', '255.255.255.255'];

/** Name of our table, of family inet. */
export const NFT_TABLE = 'mlb_hooks';

/**
 * Raised whenever the text of the ruleset changes for the same configuration: it is part of the fingerprint, so that
 * an upgraded program loads its own text anew. A test compares it with the text.
 */
export const RULESET_EDITION = 2;

/** Numbers up to this are the kernel's own route protocols: redirect, kernel, boot, static (rtnetlink(7)). */
export const MAX_KERNEL_PROTOCOL = 4;

/** The target of health checks that is the uplink's own gateway, and the one where none is written. */
export const GATEWAY_TARGET = 'gateway';

/** Longest device name: IFNAMSIZ is 16 with the closing zero (netdevice(7)). */
export const MAX_DEVICE_LENGTH = 15;
