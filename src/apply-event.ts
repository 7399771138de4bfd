import type { Config, LinkEvent } from './model.ts';
import { reconcile } from './reconcile.ts';
import { logRun } from './report/log-run.ts';
import { makeRunnerSync } from './system/exec-sync.ts';

/** pppd waits 5 seconds for its scripts when it exits, then sends SIGTERM (pppd(8), child-timeout). */
const LONGEST_WAIT_DOWN = 3;

/**
 * What a hook does for a device that is one of ours: converge, then log. A part of its own, so that hooks on other
 * devices do not load it. Returns whether the event was applied, by this run or by another one.
 */
export const applyEvent = async (
  hook: string,
  event: LinkEvent,
  config: Config,
  source: () => Promise<Config>,
): Promise<boolean> => {
  const { lockWait, log: level } = config.settings;
  const result = await reconcile({
    config: source,
    event,
    waitSeconds: event.phase === 'down' ? Math.min(lockWait, LONGEST_WAIT_DOWN) : lockWait,
    makeRunner: makeRunnerSync,
    trust: true,
  });
  const ms = performance.now();
  if (level !== 'off') {
    // Last of all: the kernel has what it needs, and loading the logger takes its time.
    const { openLog } = await import('./system/log.ts');
    const log = openLog({ level });
    logRun(log, { name: hook, event, ms }, result, config);
    log.close();
  }
  return result.kind !== 'busy';
};
