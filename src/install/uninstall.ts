import { existsSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LIB_DIR, WORDS_FILE } from '../system/paths.ts';
import {
  CURRENT_LINK,
  FOLDERS_FILE,
  HOOK_PATHS,
  INSTALLED_PATHS,
  keptName,
  LOCAL_SCRIPTS,
  SERVICE_FILE,
} from './files.ts';
import { lockInstallation } from './lock.ts';
import { isSameFile, lstatIfAny, occupantOf } from './marker.ts';
import { checkRights } from './preconditions.ts';
import { removeVersion, versionFolders } from './program.ts';
import { forgetService, retireService } from './service.ts';

export interface UninstallOptions {
  readonly root?: string;
  /** Takes away what is ours in the kernel. Called after the hooks are gone and before the program goes. */
  readonly flush?: () => void | Promise<void>;
  /** Takes one line for the operator. */
  readonly log: (line: string) => void;
}

/**
 * Stops the monitor and takes away what `install` put in place and nothing else: files with our marker, the program,
 * folders that were missing before and are empty again; and the words that were persisted. Kept `.local` scripts come
 * back as they were. When `flush` throws, the program stays, so that uninstall can be called again. On the running
 * system one install or uninstall at a time.
 * Throws UserError when it must not be done, what `flush` throws, and the errors of node:fs.
 */
export const uninstall = async ({ root = '', flush, log }: UninstallOptions): Promise<void> => {
  checkRights('uninstall', root);
  const release = lockInstallation(root, log);
  try {
    const hasService = root === '' && occupantOf(SERVICE_FILE) === 'ours';
    if (hasService) retireService().forEach(log);
    for (const path of HOOK_PATHS) removeOurs(root, path, log);
    for (const script of LOCAL_SCRIPTS) restoreKept(join(root, script), log);
    await flush?.();
    for (const path of INSTALLED_PATHS) removeOurs(root, path, log);
    if (hasService) forgetService().forEach(log);
    const folders = madeFolders(root);
    removeWords(root, log);
    removeProgram(root, log);
    // The deepest first: a folder is empty only when those in it are gone.
    for (const folder of folders.toSorted((a, b) => b.length - a.length)) removeIfEmpty(join(root, folder));
  } finally {
    release();
  }
};

/** Puts a foreign script back in its place; `removeOurs` has left the place free unless a third one took it. */
const restoreKept = (path: string, log: (line: string) => void): void => {
  const kept = keptName(path);
  if (lstatIfAny(kept) === undefined) return;
  // An install that was cut short left it two names, and rename(2) does nothing then.
  if (isSameFile(path, kept)) {
    rmSync(kept);
    return;
  }
  if (occupantOf(path) === 'foreign') {
    log(`${path}: another file is there by now; the one that was kept stays as ${kept}`);
    return;
  }
  renameSync(kept, path);
  log(`${path}: put back`);
};

const removeOurs = (root: string, path: string, log: (line: string) => void): void => {
  const file = join(root, path);
  const occupant = occupantOf(file);
  if (occupant === 'foreign') log(`${file}: left, mlb-hooks did not install it`);
  // rename(2) will replace it in one step.
  if (occupant !== 'ours' || lstatIfAny(keptName(file)) !== undefined) return;
  rmSync(file);
  log(`${file}: removed`);
};

/** What `--persist` wrote: nobody would be left to end it. */
const removeWords = (root: string, log: (line: string) => void): void => {
  const file = join(root, WORDS_FILE);
  if (!existsSync(file)) return;
  rmSync(file);
  removeIfEmpty(dirname(file));
  log(`${file}: removed`);
};

const removeProgram = (root: string, log: (line: string) => void): void => {
  const lib = join(root, LIB_DIR);
  if (!existsSync(lib)) return;
  // The link first: a hook that starts now must find no program rather than half of one.
  if (lstatIfAny(join(root, CURRENT_LINK))?.isSymbolicLink() === true) rmSync(join(root, CURRENT_LINK));
  for (const folder of versionFolders(lib)) removeVersion(folder);
  if (occupantOf(join(root, FOLDERS_FILE)) === 'ours') rmSync(join(root, FOLDERS_FILE));
  removeIfEmpty(lib);
  log(existsSync(lib) ? `${lib}: left, there is something else in it` : `${lib}: removed`);
};

/** The folders that `install` made, from its list. */
const madeFolders = (root: string): string[] => {
  const list = join(root, FOLDERS_FILE);
  return occupantOf(list) === 'ours' ? readFileSync(list, 'utf8').trim().split('\n').slice(1) : [];
};

const removeIfEmpty = (folder: string): void => {
  if (lstatIfAny(folder)?.isDirectory() === true && readdirSync(folder).length === 0) rmdirSync(folder);
};
