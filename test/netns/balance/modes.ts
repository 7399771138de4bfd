/** The values of `balance`. */
import type { Settings } from '../../../src/model.ts';

/** Those that share new connections among the uplinks of a tier. */
export const SHARING = [
  'multipath',
  'random',
  'round-robin',
  'source',
  'source-destination',
] as const satisfies Settings['balance'][];

/** All of them. */
export const MODES = [...SHARING, 'failover'] as const satisfies Settings['balance'][];

/** The line of [settings] that chooses one. */
export const balanceBy = (mode: Settings['balance']): string => `balance = "${mode}"`;
