/** Somebody who stays when the monitor is killed: its word expires, but nobody would look at the kernel then. */
import { spawn } from 'node:child_process';
import { TOOL_ENVIRONMENT } from '../system/runner.ts';
import { BELIEVED } from './publish.ts';

/**
 * Reads one line, which the monitor writes when it ends by itself. The end of the pipe without one means that it was killed:
 * once its word has expired one run puts everything right, unless another monitor has begun, whose word counts then.
 */
const SCRIPT = 'read -r goodbye && exit; trap "" HUP; sleep "$1"; shift; exec "$@" apply';

export interface Guardian {
  /** The monitor ends by itself: what is in the kernel stays. */
  readonly dismiss: () => void;
}

/** Starts the guardian, a shell that waits; `program` runs `mlb-hooks`. It outlives us, so it has a session of its own. */
export const postGuardian = (program: readonly string[], onProblem: (text: string) => void): Guardian => {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'mlb-hooks-guardian', String(BELIEVED + 1), ...program], {
    cwd: '/',
    env: TOOL_ENVIRONMENT,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.on('error', (error) =>
    onProblem(`no guardian: ${error.message}; after a kill, run "mlb-hooks apply"`),
  );
  child.stdin.on('error', () => undefined);
  child.unref();
  return { dismiss: () => child.stdin.end('goodbye\n') };
};
