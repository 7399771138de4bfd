import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file whole or not at all: a new file beside it, then rename(2). The mode is exact whatever the umask
 * (pppd and some logins have 077). Returns whether anything changed. Throws the errors of node:fs.
 */
export const placeFile = (path: string, content: string | Buffer, mode: number): boolean => {
  if (isPlaced(path, content, mode)) return false;
  const fresh = freshName(path);
  rmSync(fresh, { force: true });
  const fd = openSync(fresh, 'wx', mode);
  try {
    const bytes = Buffer.from(content);
    let written = 0;
    while (written < bytes.length) written += writeSync(fd, bytes, written);
    fchmodSync(fd, mode);
    if (process.geteuid?.() === 0) fchownSync(fd, 0, 0);
    fsyncSync(fd);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(fresh, path);
  return true;
};

/** Points the link `path` at `target` with no moment without a link: a new link, then rename(2). */
export const placeLink = (path: string, target: string): void => {
  const fresh = freshName(path);
  rmSync(fresh, { force: true });
  symlinkSync(target, fresh);
  renameSync(fresh, path);
};

/** Makes a folder and what is missing above it, mode 0755 whatever the umask. Returns those it made, top first. */
export const ensureFolder = (path: string): string[] => {
  if (existsSync(path)) return [];
  const above = ensureFolder(dirname(path));
  mkdirSync(path);
  syncFolder(path, 0o755);
  return [...above, path];
};

/** Writes a folder's entries to the disk (fsync(2)), so that a power cut cannot bring the old ones back. */
export const syncFolder = (path: string, mode?: number): void => {
  const fd = openSync(path, 'r');
  try {
    if (mode !== undefined) fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/** Hidden and always the same: run-parts, ip and logrotate pass it by, and what a crash left is used again. */
const freshName = (path: string): string => join(dirname(path), `.${basename(path)}.mlb-hooks-new`);

const isPlaced = (path: string, content: string | Buffer, mode: number): boolean => {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) return false;
  const owned = process.geteuid?.() !== 0 || (stats.uid === 0 && stats.gid === 0);
  return owned && (stats.mode & 0o7777) === mode && readFileSync(path).equals(Buffer.from(content));
};
