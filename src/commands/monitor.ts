import { runMonitor } from '../monitor/monitor.ts';
import { requireRoot } from './session.ts';

/** `mlb-hooks monitor`: watches lines and kernel in the foreground, until SIGTERM or SIGINT. */
export const monitor = async (version: string): Promise<void> => {
  requireRoot('monitor');
  // Nothing is started from a directory that may go.
  process.chdir('/');
  await runMonitor(version);
};
