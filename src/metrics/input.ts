import type { UplinkStatus, Verdict } from '../model.ts';

/** What the metrics are made of. */
export interface MetricsInput {
  readonly version: string;
  readonly uplinks: readonly UplinkMetrics[];
  readonly runs: {
    readonly count: number;
    readonly failures: number;
    /** Of the last run; null before the first. */
    readonly lastSeconds: number | null;
    readonly lastChanges: number | null;
  };
  /** How many objects are not repaired for now. */
  readonly left: number;
  /** Unix seconds. */
  readonly startedAt: number;
}

export interface UplinkMetrics {
  readonly name: string;
  readonly device: string;
  readonly state: UplinkStatus;
  /** Of the new connections, 0..1. */
  readonly share: number;
  readonly weight: number;
  readonly tier: number;
  readonly working: boolean;
  /** Absent where the line is not probed. */
  readonly verdict?: Verdict;
  /** Changes of state since the start of the monitor. */
  readonly changes: number;
}
