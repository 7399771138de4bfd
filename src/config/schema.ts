/**
 * The one schema of /etc/mlb-hooks/config.toml. The types of the program come from it; keys are
 * kebab-case in the file and camelCase in the program.
 */
import * as v from 'valibot';
import type { CamelKeys } from './camel.ts';
import { MAIN_DESTINATIONS, MAX_ID, MAX_KERNEL_PROTOCOL, MAX_TIER, MAX_WEIGHT } from './constants.ts';
import { choice, choices, flag, integer, rate, text, texts } from './fields.ts';
import type { Health, MonitorSettings } from './health-schema.ts';
import { deviceProblem, gatewayProblem, nameProblem } from './names.ts';
import type { Policy } from './policy-schema.ts';

export type { Health, MonitorSettings, Target } from './health-schema.ts';
export type { Policy, PortRange } from './policy-schema.ts';

/** The [settings] table: each has a default. */
export type Settings = CamelKeys<v.InferOutput<typeof SettingsToml>>;

/** One [[uplink]]: `upload` in bits per second; without `qdiscReplace` the setting holds. */
export type Uplink = CamelKeys<v.InferOutput<typeof UplinkToml>> & {
  /** [health] with the exceptions of [uplink.health]. */
  readonly health: Health;
};

/** The configuration, complete with defaults. */
export type Config = {
  readonly settings: Settings;
  readonly uplinks: readonly Uplink[];
  readonly policies: readonly Policy[];
  readonly monitor: MonitorSettings;
};

/** How new connections are shared among the uplinks of a tier. */
export const BALANCE = [
  'multipath',
  'random',
  'round-robin',
  'source',
  'source-destination',
  'failover',
] as const;

/** Conntrack helpers of the kernel (Documentation of nf_conntrack_*), by the names that nft gives them. */
export const HELPERS = [
  'amanda',
  'ftp',
  'h323',
  'irc',
  'netbios-ns',
  'pptp',
  'sane',
  'sip',
  'snmp',
  'tftp',
] as const;

/** Tables, priorities and marks are 32 bits wide (rtnetlink(7), fib_rules.h). */
const MAX_U32 = 0xffffffff;

/** [settings], as written in the file. */
export const SettingsToml = v.object({
  'table-base': v.optional(integer(0, MAX_U32), 7700),
  'priority-base': v.optional(integer(0, MAX_U32), 20000),
  'mark-mask': v.optional(integer(0, MAX_U32), 0x3f000000),
  protocol: v.optional(integer(MAX_KERNEL_PROTOCOL + 1, 255), 77),
  'main-routes': v.optional(choice('copy', 'rule'), 'copy'),
  /** Seconds; a hook at hangup never waits longer than 3, because pppd ends it after 5. */
  'lock-wait': v.optional(integer(1, 60), 10),
  /** The least that is written to the log. */
  log: v.optional(choice('debug', 'info', 'warn', 'error', 'off'), 'info'),
  'qdisc-replace': v.optional(flag(), false),
  /** Seconds between changes of sfq's hash, 0 for never (tc-sfq(8)). */
  'sfq-perturb': v.optional(integer(0, 3600), 10),
  'abort-connections': v.optional(flag(), true),
  /** How new connections choose among the uplinks of the best tier. */
  balance: v.optional(choice(...BALANCE), 'multipath'),
  /** What happens when health checks find every uplink dead. */
  'all-dead': v.optional(choice('keep', 'drop'), 'keep'),
  /** What happens to an uplink with much loss or latency, as long as others are better. */
  degraded: v.optional(choice('deprefer', 'ignore'), 'deprefer'),
  helpers: v.optional(choices(...HELPERS), []),
  /** CIDR, ascending. */
  'main-destinations': v.optional(texts(), [...MAIN_DESTINATIONS]),
});

/** One [[uplink]], as written in the file. */
export const UplinkToml = v.object({
  id: integer(1, MAX_ID),
  name: text(nameProblem),
  device: text(deviceProblem),
  weight: v.optional(integer(1, MAX_WEIGHT), 1),
  tier: v.optional(integer(1, MAX_TIER), 1),
  qdisc: v.optional(choice('prio-sfq', 'fq_codel', 'cake', 'none'), 'prio-sfq'),
  upload: v.exactOptional(rate()),
  gateway: v.exactOptional(text(gatewayProblem)),
  'qdisc-replace': v.exactOptional(flag()),
  /** Which source addresses are rewritten to the uplink's own. */
  masquerade: v.optional(choice('private', 'all', 'none'), 'private'),
  'clamp-mss': v.optional(flag(), true),
});
