/** What a probe found. */

/** The result of one probe. Times are seconds of /proc/uptime. */
export interface ProbeResult {
  /** The target's text in the configuration; `gateway` where none is written. */
  readonly target: string;
  readonly sent: number;
  /** When the answer came, or when it was given up. */
  readonly at: number;
  /** Round-trip time, ms; absent: no answer in time. */
  readonly rtt?: number;
  /** What else is known of a failure: `Destination Host Unreachable`. */
  readonly cause?: string;
}
