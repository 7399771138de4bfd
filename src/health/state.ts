/** What is known of one uplink's line. */
import type { Health, LineHealth } from '../model.ts';
import type { Damping } from './damping.ts';
import type { TargetState } from './target.ts';

/** Immutable state of one uplink's line. Times are seconds of uptime. */
export interface Line {
  readonly settings: Health;
  /** Seconds: the longest time that it must answer steadily before it is used again. */
  readonly holdLimit: number;
  readonly targets: readonly TargetState[];
  /** No target is written: it is the gateway, which need not answer anybody. */
  readonly isImplicit: boolean;
  readonly health: LineHealth;
  readonly since: number;
  readonly deaths: Damping;
  /** The times that it became degraded. */
  readonly dips: Damping;
  /** The latest time that it was told of. */
  readonly now: number;
  /** When a target was known last. */
  readonly seen: number;
  /** Probes that were sent before it say nothing. */
  readonly forgiven: number;
}
