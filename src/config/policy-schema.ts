/** [[policy]]: which new connections, and which uplinks they take. */
import * as v from 'valibot';
import type { CamelKeys } from './camel.ts';
import { choice, flag, someTexts, someWords, text } from './fields.ts';
import { policyNameProblem } from './names.ts';

/** The values of a [[policy]] as they are written. */
export type PolicyValues = CamelKeys<v.InferOutput<typeof PolicyToml>>;

/** First and last port of a range. */
export type PortRange = readonly [first: number, last: number];

/**
 * One [[policy]], with names resolved: which connections, and which uplinks they take. An empty list matches
 * anything; values within a list are alternatives, disjoint and in ascending order; lists are conditions that must all hold.
 */
export interface Policy {
  readonly name: string;
  /** Source prefixes, CIDR. */
  readonly from: readonly string[];
  /** Destination prefixes, CIDR. */
  readonly to: readonly string[];
  /** Domains whose addresses dnsmasq puts into the policy's set; an address in it matches, besides those of `to`. */
  readonly toDomains: readonly string[];
  /** IP protocol numbers. */
  readonly protocols: readonly number[];
  readonly fromPorts: readonly PortRange[];
  readonly toPorts: readonly PortRange[];
  /** Devices that a forwarded connection comes in by; none of the router's own comes in by any. */
  readonly inDevices: readonly string[];
  /** User ids of the router's own processes. */
  readonly users: readonly number[];
  /** 0..63 (RFC 2474). */
  readonly dscp: readonly number[];
  /**
   * Groups of uplink ids, best first; those within a group share. `main`: as the table main says. `balance`: as if
   * there were no policies, which exempts from those further down.
   */
  readonly use: 'main' | 'balance' | readonly (readonly number[])[];
  /** When none of `use` works: any other uplink, or none. */
  readonly else: 'any' | 'reject';
  /** Write each hit to the kernel's log, rate-limited. */
  readonly log: boolean;
}

/** One [[policy]], as written in the file; policy.ts judges what the texts mean. */
export const PolicyToml = v.object({
  name: text(policyNameProblem),
  from: v.exactOptional(someTexts()),
  to: v.exactOptional(someTexts()),
  'to-domains': v.exactOptional(someTexts()),
  protocol: v.exactOptional(someWords()),
  'from-ports': v.exactOptional(someWords()),
  'to-ports': v.exactOptional(someWords()),
  'in-device': v.exactOptional(someTexts()),
  user: v.exactOptional(someWords()),
  dscp: v.exactOptional(someWords()),
  use: v.pipe(
    v.union(
      [v.string(), v.array(v.union([v.string(), v.array(v.string())]))],
      'must be an uplink\'s name, "main", "balance", or a list of names and lists of names',
    ),
    v.check(
      (use) => use.length > 0,
      (issue) => (issue.input === '' ? 'is empty' : 'is an empty list'),
    ),
  ),
  else: v.optional(choice('any', 'reject'), 'any'),
  log: v.optional(flag(), false),
});
