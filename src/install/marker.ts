import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';

/** Stands in one of the first lines of every file that `install` writes: how `uninstall` and upgrades know them. */
export const MARKER = 'installed by mlb-hooks';

/** What is at a path: nothing, a file that `install` wrote, or somebody else's file, folder or link. */
export type Occupant = 'nothing' | 'ours' | 'foreign';

/** Tells what is at `path`. A link is never ours, wherever it points. */
export const occupantOf = (path: string): Occupant => {
  const stats = lstatIfAny(path);
  if (stats === undefined) return 'nothing';
  if (!stats.isFile()) return 'foreign';
  return readFileSync(path, 'utf8').slice(0, 400).includes(MARKER) ? 'ours' : 'foreign';
};

/** `path` in words, for a message: `a link to /etc/vpn/up`, `a file of 312 bytes`, `a folder`. */
export const describeOccupant = (path: string): string => {
  const stats = lstatIfAny(path);
  if (stats === undefined) return 'nothing';
  if (stats.isSymbolicLink()) return `a link to ${readlinkSync(path)}`;
  if (stats.isDirectory()) return 'a folder';
  return stats.isFile() ? `a file of ${stats.size} bytes` : 'a special file';
};

/** lstat(2) without an error for what is not there. Throws on anything else, such as EACCES. */
export const lstatIfAny = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

/** Whether two paths are names of one file, as link(2) makes them. */
export const isSameFile = (a: string, b: string): boolean => {
  const [first, second] = [lstatIfAny(a), lstatIfAny(b)];
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
};
