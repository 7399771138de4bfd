import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ensureFolder, placeFile, syncFolder } from './place.ts';

/** In each version's folder: the marker, and a hash of what the folder was made from. */
export const STAMP = 'stamp';

/** What a version's folder is made from. */
export interface Version {
  /** By their names in the folder. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Text of the stamp. */
  readonly stamp: string;
  /** Real path of the Node binary that the hooks will run. */
  readonly node: string;
}

/**
 * Makes a version's folder out of sight and then renames it. Returns lines for the operator: what does not work as
 * well as it could. Throws the errors of node:fs.
 */
export const makeFolder = (folder: string, version: Version): string[] => {
  // Of this process alone: below `--root` there is no lock, and two that fill one folder spoil it for good.
  const fresh = join(dirname(folder), `.${basename(folder)}.${process.pid}.new`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  chmodSync(fresh, 0o755);
  // First, so that an unfinished folder is known as ours.
  placeFile(join(fresh, STAMP), version.stamp, 0o644);
  const { complaint } = complete(fresh, version);
  syncFolder(fresh);
  // A folder of this name that is not valid (an interrupted removal) would stop rename(2).
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return complaint === undefined ? [] : [complaint];
};

/**
 * Writes what a version's folder lacks, while hooks may run from it. Returns lines for the operator; none for a
 * folder that is complete. Throws the errors of node:fs.
 */
export const mendFolder = (folder: string, version: Version): string[] => {
  const { written, complaint } = complete(folder, version);
  if (written.length > 0) syncFolder(folder);
  const mended = written.length > 0 ? [`${folder}: mended: ${written.join(' ')}`] : [];
  return complaint === undefined ? mended : [...mended, complaint];
};

/** The text of a folder's stamp; empty when it has none. */
export const stampOf = (folder: string): string => {
  const path = join(folder, STAMP);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

/** What was written, and why it is not all. */
interface Completion {
  readonly written: readonly string[];
  readonly complaint?: string;
}

const complete = (folder: string, { files, node }: Version): Completion => {
  const written = writeFiles(folder, files);
  const caches = writeCaches(folder, [...files.keys()].filter(isProgram), node);
  return { ...caches, written: [...written, ...caches.written] };
};

const writeFiles = (folder: string, files: Version['files']): string[] => {
  const written: string[] = [];
  for (const [name, content] of files) {
    ensureFolder(dirname(join(folder, name)));
    if (!placeFile(join(folder, name), content, 0o644)) continue;
    written.push(name);
    // It may be of the text that was there.
    if (isProgram(name)) rmSync(join(folder, cacheOf(name)), { recursive: true, force: true });
  }
  return written;
};

/** Stops at the first that fails: the others would as well, and a Node that hangs costs a minute each time. */
const writeCaches = (folder: string, programs: readonly string[], node: string): Completion => {
  const written: string[] = [];
  for (const program of programs.filter((each) => !isIntact(join(folder, cacheOf(each))))) {
    const cause = writeCache(folder, program, node);
    if (cause !== undefined) {
      const what = `a code cache for ${program} (${cause})`;
      const complaint = `${node} could not prepare ${what}: hooks work, but start slower; another install tries again`;
      return { written, complaint };
    }
    written.push(cacheOf(program));
  }
  return { written };
};

/** The bundles that the starter runs. */
const isProgram = (name: string): boolean => /^[^/]+\.cjs$/.test(name) && name !== 'start.cjs';

const cacheOf = (program: string): string => `${basename(program, '.cjs')}.cache`;

/** As the starter understands it: two equal halves. Anything else it ignores, and starts slower. */
const isIntact = (cache: string): boolean => {
  const stats = lstatSync(cache, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || stats.size === 0 || (stats.mode & 0o777) !== 0o644) return false;
  const both = readFileSync(cache);
  return both.subarray(0, both.length / 2).equals(both.subarray(both.length / 2));
};

/** Made where it will be used, by the Node that will read it. Returns why it could not be made. */
const writeCache = (folder: string, program: string, node: string): string | undefined => {
  const cache = join(folder, cacheOf(program));
  rmSync(cache, { recursive: true, force: true });
  const args = [join(folder, 'start.cjs'), '--write-cache', basename(program, '.cjs')];
  const { status, signal, error } = spawnSync(node, args, {
    env: {},
    cwd: '/',
    stdio: 'ignore',
    timeout: 60_000,
  });
  if (status !== 0) return error?.message ?? (signal === null ? `status ${status}` : signal);
  const data = readFileSync(cache);
  rmSync(cache);
  placeFile(cache, data, 0o644);
  return undefined;
};
