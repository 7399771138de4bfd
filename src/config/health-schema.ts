/** The tables that are about health: [health], its exceptions below an uplink ([uplink.health]), [monitor]. */
import * as v from 'valibot';
import type { CamelKeys } from './camel.ts';
import { flag, integer, maybeTexts, number, text } from './fields.ts';
import { listenAddress, listenProblem, metricsFileProblem } from './metrics-places.ts';

/**
 * Something that answers when a line works. A name instead of an address in `host` is looked up by the monitor;
 * `gateway` stands for the uplink's own gateway, or the peer of a point-to-point line.
 */
export interface Target {
  /** As written in the configuration: how messages call it. */
  readonly text: string;
  readonly kind: 'ping' | 'tcp' | 'dns' | 'http';
  /** IPv4 address, name, or `gateway`. */
  readonly host: string;
  /** Of tcp, dns (53 unless written) and http. */
  readonly port?: number;
  /** The name that a dns target is asked for. */
  readonly question?: string;
  /** The whole address of an http target. */
  readonly url?: string;
  /** The only status of http that counts as an answer; any from 200 to 399 where it is not written. */
  readonly status?: number;
}

/**
 * How an uplink is probed and judged, complete with defaults. Times in seconds, thresholds of loss in percent, those of
 * round trips in ms.
 */
export type Health = Omit<CamelKeys<HealthValues>, 'targets'> & {
  /** Where none is written: the gateway, believed only after it has answered once. */
  readonly targets: readonly Target[];
};

/** The values of [health] or [uplink.health] as they are written. */
export type HealthValues = v.InferOutput<typeof HealthToml>;

/** The [monitor] table. */
export type MonitorSettings = CamelKeys<v.InferOutput<typeof MonitorToml>>;

/** Of one uplink: each is a program that runs, or asks somebody, all the time. */
const MAX_TARGETS = 16;

/** [health], as written in the file. */
export const HealthToml = v.object({
  /** Whether the uplink is probed at all. */
  check: v.optional(flag(), true),
  targets: v.optional(
    v.pipe(maybeTexts(), v.maxLength(MAX_TARGETS, `has more than ${MAX_TARGETS} targets`)),
    [],
  ),
  /** How many targets must answer. */
  needed: v.optional(integer(1, MAX_TARGETS), 1),
  /** Seconds between probes of one target. */
  interval: v.optional(number(0.1, 3600), 0.5),
  /** Seconds until a probe without answer has failed. */
  timeout: v.optional(number(0.05, 60), 1),
  /** Failures in a row that make a target dead. */
  'down-after': v.optional(integer(1, 100), 5),
  /** Answers that make it alive again; each failure among them costs two. */
  'up-after': v.optional(integer(1, 1000), 20),
  /** Seconds over which loss and round trips are measured. */
  window: v.optional(number(1, 36_000), 30),
  /** Percent of loss over the window from which the line counts as dead. */
  'max-loss': v.optional(integer(1, 100), 60),
  /** Milliseconds, the mean over the window, from which the line counts as dead. */
  'max-rtt': v.exactOptional(integer(2, 60_000)),
  /** The same for degraded. */
  'degraded-loss': v.optional(integer(1, 100), 10),
  'degraded-rtt': v.optional(integer(1, 60_000), 500),
});

/** [monitor], as written in the file. */
export const MonitorToml = v.object({
  /** Seconds: the longest time that a flapping line must answer steadily before it is used again. */
  'hold-limit': v.optional(integer(1, 86_400), 300),
  /** Seconds after which an executable of notify.d is ended. */
  'notify-timeout': v.optional(integer(1, 300), 10),
  /** Where the metrics for Prometheus' textfile collector go; not written unless set. */
  'metrics-file': v.exactOptional(text(metricsFileProblem)),
  /** ADDRESS:PORT of this host alone. */
  'metrics-listen': v.exactOptional(v.pipe(text(listenProblem), v.transform(listenAddress))),
});
