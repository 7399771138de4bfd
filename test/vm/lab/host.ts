import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Anything that went wrong in the lab itself, as opposed to a command in the guest that merely failed. */
export class LabError extends Error {
  override readonly name = 'LabError';
}

/** Where downloads are unpacked: nothing in it is precious, it is rebuilt when it is missing or stale. */
export const CACHE_ROOT = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mlb-hooks-lab');

/** The folder of the scripts that run inside the guest. The guest sees it at this same path. */
export const GUEST_DIR = fileURLToPath(new URL('../guest', import.meta.url));

/**
 * Runs one host tool and returns its stdout.
 * Throws LabError with the command, its exit status and stderr when the tool is missing or fails.
 */
export const runHost = (
  file: string,
  args: readonly string[],
  options: { cwd?: string; input?: string } = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: 'C' };
    const child = execFile(
      file,
      args,
      { cwd: options.cwd, env, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else
          reject(
            new LabError(
              `on the host: ${[file, ...args].join(' ')}\n${error.code ?? error.signal}: ${stderr || error.message}`,
            ),
          );
      },
    );
    // A tool that ends without reading its input has its exit status to say why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
