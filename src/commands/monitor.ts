import { ConfigError } from '../config/problem.ts';
import { runMonitor } from '../monitor/monitor.ts';
import { requireRoot } from './session.ts';

/** EX_CONFIG of sysexits.h(3head): whoever starts it again and again need not, until the configuration is mended. */
const BAD_CONFIGURATION = 78;

/** `mlb-hooks monitor`: watches lines and kernel in the foreground, until SIGTERM or SIGINT. */
export const monitor = async (version: string): Promise<void> => {
  requireRoot('monitor');
  // Nothing is started from a directory that may go.
  process.chdir('/');
  try {
    await runMonitor(version, [process.execPath, process.argv[1] ?? '']);
    // The resolver may still wait for silent servers: nobody waits for it.
    process.exit(0);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = BAD_CONFIGURATION;
  }
};
