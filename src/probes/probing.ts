import type { ProbeResult } from '../health/result.ts';
import type { Target } from '../model.ts';

/** What is to be probed, and who is told. Times in seconds. */
export interface ProbeOrder {
  readonly device: string;
  readonly target: Target;
  /** The address that the host `gateway` stands for. */
  readonly gateway?: string;
  readonly interval: number;
  readonly timeout: number;
  readonly onResult: (result: ProbeResult) => void;
  /** Nothing can be found out for now: the name does not resolve, a tool is missing or does not start. With remedy. */
  readonly onUnknown: (reason: string) => void;
}

/** Probes of one target at one address. */
export interface Probing {
  readonly order: ProbeOrder;
  readonly address: string;
  readonly onResult: (result: Omit<ProbeResult, 'target'>) => void;
  readonly onUnknown: (reason: string) => void;
}

/** Something that goes on until it is stopped; nothing is called back afterwards. */
export interface Running {
  readonly stop: () => void;
}
