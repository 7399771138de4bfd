import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CURRENT_LINK } from './files.ts';
import { lstatIfAny, MARKER } from './marker.ts';
import { placeLink, syncFolder } from './place.ts';
import { makeFolder, mendFolder, STAMP, stampOf } from './version-folder.ts';

export interface Program {
  /** Folder of the bundles and templates, as `npm run build` leaves it or as an earlier `install` made it. */
  readonly from: string;
  /** Real path of the Node binary that the hooks will run. */
  readonly node: string;
  readonly root: string;
  /** Takes one line for the operator. */
  readonly log: (line: string) => void;
}

/**
 * Puts the program into its version's folder and points `current` at it; there is a valid `current` at every moment
 * from the first on. A folder that is there already is mended: what it lacks is written.
 * Throws the errors of node:fs.
 */
export const placeProgram = ({ from, node, root, log }: Program): void => {
  const files = programFiles(from);
  const name = readFileSync(join(from, 'VERSION'), 'utf8').trim();
  const version = { files, node, stamp: `${MARKER}\n${contentHash(files, node)}\n` };
  const current = join(root, CURRENT_LINK);
  const folder = folderFor(dirname(current), name, version.stamp);
  const isThere = stampOf(folder) === version.stamp;
  for (const line of isThere ? mendFolder(folder, version) : makeFolder(folder, version)) log(line);
  if (linkTarget(current) !== basename(folder)) {
    placeLink(current, basename(folder));
    log(`${folder}: written, ${current} leads there`);
  }
  syncFolder(dirname(current));
  for (const old of versionFolders(dirname(current))) if (old !== folder) removeVersion(old);
};

/** Every version's folder below `lib`, unfinished ones too. Folders without our stamp are not ours. */
export const versionFolders = (lib: string): string[] =>
  existsSync(lib)
    ? readdirSync(lib)
        .map((name) => join(lib, name))
        .filter((path) => lstatIfAny(path)?.isDirectory() === true && stampOf(path).startsWith(MARKER))
    : [];

/**
 * Removes a version's folder. Interrupted, it leaves one that the next install or uninstall knows as ours and
 * unfinished: hidden at once, the stamp removed last.
 */
export const removeVersion = (folder: string): void => {
  const doomed = basename(folder).startsWith('.')
    ? folder
    : join(dirname(folder), `.${basename(folder)}.old`);
  if (doomed !== folder) {
    rmSync(doomed, { recursive: true, force: true });
    renameSync(folder, doomed);
  }
  for (const name of readdirSync(doomed)) if (name !== STAMP) rmSync(join(doomed, name), { recursive: true });
  rmSync(doomed, { recursive: true });
};

/** VERSION; with the content's hash behind it when that folder holds other content (a rebuild, another Node). */
const folderFor = (lib: string, version: string, stamp: string): string => {
  const plain = join(lib, version);
  const hashed = join(lib, `${version}+${stamp.slice(MARKER.length + 1, MARKER.length + 9)}`);
  if (existsSync(hashed) && stampOf(hashed) === stamp) return hashed;
  return existsSync(plain) && stampOf(plain) !== stamp ? hashed : plain;
};

/** Bundles, starter and templates by their names in the version's folder. */
const programFiles = (from: string): Map<string, Buffer> => {
  const names = readdirSync(from).filter((name) => name.endsWith('.cjs') || name === 'VERSION');
  const templates = readdirSync(join(from, 'templates')).map((name) => `templates/${name}`);
  return new Map([...names, ...templates].sort().map((name) => [name, readFileSync(join(from, name))]));
};

/** Of the content and of the Node that the caches are for: another Node means another folder. */
const contentHash = (files: ReadonlyMap<string, Buffer>, node: string): string => {
  const hash = createHash('sha256').update(`${node}\0${process.version}\0`);
  for (const [name, content] of files) hash.update(`${name}\0${content.length}\0`).update(content);
  return hash.digest('hex');
};

const linkTarget = (path: string): string | undefined =>
  lstatIfAny(path)?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
