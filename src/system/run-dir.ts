import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { messageOf, UserError } from '../errors.ts';

/**
 * Makes sure that the directory of lock, spool and state exists and is ours alone: mode 0700, owned by the user
 * that we run as (root), a real directory. A UserError if it cannot be made, is a link, is no directory, or
 * belongs to somebody else, who could lead a root hook to any file.
 */
export const ensureRunDir = (runDir: string): void => {
  if (makeDirectory(runDir)) return;
  const found = lstatSync(runDir);
  const owner = process.geteuid?.() ?? 0;
  const remedy = `remove it (rm -r ${runDir}), it is made again`;
  if (found.isSymbolicLink()) throw new UserError(`${runDir}: is a symbolic link, not a directory`, remedy);
  if (!found.isDirectory()) throw new UserError(`${runDir}: is not a directory`, remedy);
  if (found.uid !== owner) {
    throw new UserError(
      `${runDir}: belongs to user ${found.uid}, not to user ${owner} who runs this`,
      remedy,
    );
  }
  if ((found.mode & 0o077) !== 0) chmodSync(runDir, 0o700);
};

/** True if the directory was made, false if something of that name was there. */
const makeDirectory = (path: string): boolean => {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw new UserError(
      `${path}: cannot be made: ${messageOf(thrown)}`,
      REMEDY[codeOf(thrown) ?? ''] ?? NO_ROOT,
    );
  }
};

/** The code of a system error (`ENOENT`), or undefined for anything else that was thrown. */
export const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;

const NO_ROOT = 'run this as root';
const REMEDY: Readonly<Record<string, string>> = {
  ENOENT: 'make its parent directory',
  ENOSPC: 'free some space there',
  EROFS: 'mount its file system writable',
};
