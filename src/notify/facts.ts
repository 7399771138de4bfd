/** What executables of notify.d get to know of a change, twice: in their environment, and as JSON on stdin. */
import type { Measured, UplinkStatus } from '../model.ts';
import { TOOL_ENVIRONMENT } from '../system/runner.ts';
import { stripControl } from '../system/strip-control.ts';

/** A change of state of one uplink. `loss` is 0..1, `rtt` and `jitter` are ms, each null where not known. */
export interface ChangeOfState extends Measured {
  readonly uplink: { readonly id: number; readonly name: string; readonly device: string };
  readonly state: UplinkStatus;
  /** Null: the first that is known of it. */
  readonly previous: UplinkStatus | null;
  /** Why, for people; empty when up. */
  readonly reason: string;
  readonly addresses: readonly string[];
  readonly gateway: string | null;
  /** Names of the uplinks that carry now. */
  readonly working: readonly string[];
  /** ISO time, for people. */
  readonly at: string;
}

/**
 * The whole environment of an executable. What is not known is empty, so that a shell with `set -u` may ask for all of
 * them. A reason may hold what a remote has said: no byte of it can end a line or a variable.
 */
export const environmentOf = (change: ChangeOfState): Readonly<Record<string, string>> => {
  const { uplink, state, previous, reason, addresses, gateway, loss, rtt, jitter, working, at } = change;
  const facts = {
    MLB_UPLINK: uplink.name,
    MLB_DEVICE: uplink.device,
    MLB_ID: String(uplink.id),
    MLB_STATE: state,
    MLB_PREVIOUS: previous ?? '',
    MLB_REASON: reason,
    MLB_GATEWAY: gateway ?? '',
    MLB_ADDRESSES: addresses.join(' '),
    MLB_WORKING: working.join(' '),
    /** Percent. */
    MLB_LOSS: loss === null ? '' : rounded(100 * loss),
    /** Milliseconds. */
    MLB_RTT: rtt === null ? '' : rounded(rtt),
    MLB_JITTER: jitter === null ? '' : rounded(jitter),
    MLB_AT: at,
  };
  const plain = Object.entries(facts).map(([name, value]) => [name, stripControl(value)]);
  return { ...TOOL_ENVIRONMENT, ...Object.fromEntries(plain) };
};

/** One line of JSON; `version` rises when a field changes its meaning or goes. */
export const jsonOf = (change: ChangeOfState): string => `${JSON.stringify({ version: 1, ...change })}\n`;

/** At most one digit behind the point: nobody measures better, and a script may compare it. */
const rounded = (value: number): string => String(Math.round(value * 10) / 10);
