/** The monitor's figures: how fast it is, and what it costs. */
import { measureOutages } from './outage.ts';
import { measureRepairs } from './repairs.ts';
import { measureRest } from './rest.ts';

export const measureMonitor = async (): Promise<boolean[]> => [
  ...(await measureRepairs()),
  ...(await measureOutages()),
  ...(await measureRest()),
];
