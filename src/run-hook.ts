import { configSource } from './config/source.ts';
import { userIdsOrNobody } from './config/users.ts';
import { isUserError, messageOf } from './errors.ts';
import type { LinkEvent } from './model.ts';
import { readIndex } from './system/sysctl.ts';

/** The four installed entrypoints. */
export type HookName = 'ip-up' | 'ip-down' | 'if-up' | 'if-down';

/** Status of a hook that failed and said so in the log; the stub logs any other but 0 itself. */
const LOGGED = 2;

/**
 * A hook: nothing at all if the device is not one of ours, else spool the event, converge, log. What it needs for
 * that is loaded only then. Ends the process with status 2 if the event could not be applied; never throws.
 */
export const runHook = async (hook: HookName, parsed: LinkEvent | undefined): Promise<void> => {
  if (parsed === undefined) return;
  // pppd's and ifup's current directory may be gone, and children are started from it.
  process.chdir('/');
  const event = { ...parsed, index: readIndex(parsed.device) };
  try {
    const source = configSource(undefined, userIdsOrNobody());
    const config = await source();
    if (!config.uplinks.some(({ device }) => device === event.device)) return;
    const { applyEvent } = await import('./apply-event.ts');
    if (!(await applyEvent(hook, event, config, source))) process.exitCode = LOGGED;
  } catch (thrown) {
    process.exitCode = LOGGED;
    await logFailure(hook, event, thrown);
  }
};

/** A configuration that cannot be read says nothing about the log level: an error is always worth a line. */
const logFailure = async (hook: HookName, event: LinkEvent, thrown: unknown): Promise<void> => {
  const { openLog } = await import('./system/log.ts');
  const log = openLog({ level: 'info' });
  const { source, phase, device } = event;
  const bug = isUserError(thrown) || !(thrown instanceof Error) ? {} : { stack: thrown.stack };
  log.error({ hook, event: `${source} ${phase}`, device, ...bug }, messageOf(thrown));
  log.close();
};
