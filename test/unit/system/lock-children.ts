/** Starts processes of lock-child.ts, bundled once so that sixteen start in a second. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const directories: string[] = [];
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A fresh directory for one test, below the system's temporary one, until this process ends. */
export const freshDir = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mlb-hooks-test-'));
  directories.push(directory);
  return directory;
};

const bundle = join(freshDir(), 'lock-child.mjs');
buildSync({
  entryPoints: [fileURLToPath(new URL('lock-child.ts', import.meta.url))],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  // proper-lockfile is CommonJS and requires builtins by name.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});

/** Path of the bundled program, for a test that starts it in its own way. */
export const lockChild = bundle;

/** Starts one; `args` as lock-child.ts reads them. */
export const startChild = (args: readonly string[], years = 0): ChildProcess =>
  spawn(process.execPath, [bundle, ...args], {
    env: { PATH: '/usr/bin:/bin', FAKE_YEARS: String(years) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** The first line that a child prints. */
export const firstLine = async (child: ChildProcess): Promise<string> => {
  const [data] = child.stdout === null ? [''] : await once(child.stdout, 'data');
  return String(data).trim();
};

/** Kills a child without giving it a chance to tidy up, and waits until it is gone. */
export const killHard = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL');
  await once(child, 'exit');
};

/** What a `try` child says: whether it got the lock, after how many milliseconds. */
export const tryChild = async (args: readonly string[], years = 0): Promise<Tried> => {
  const tried: Tried = JSON.parse(await firstLine(startChild(['try', ...args], years)));
  return tried;
};

interface Tried {
  readonly got: boolean;
  readonly took: number;
  readonly warning?: string;
}
