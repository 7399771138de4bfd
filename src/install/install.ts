import { existsSync, linkSync, readFileSync, realpathSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../model.ts';
import { LIB_DIR } from '../system/paths.ts';
import {
  FOLDERS_FILE,
  type InstalledFile,
  installedFiles,
  keptName,
  LOCAL_SCRIPTS,
  SERVICE_FILE,
} from './files.ts';
import { lockInstallation } from './lock.ts';
import { MARKER, occupantOf } from './marker.ts';
import { ensureFolder, placeFile } from './place.ts';
import { checkPreconditions, checkRights } from './preconditions.ts';
import { placeProgram } from './program.ts';
import { settleService } from './service.ts';
import {
  noNames,
  PROTOCOL_NAMES_FILE,
  renderProtocolName,
  renderTableNames,
  TABLE_NAMES_FILE,
} from './table-names.ts';

export interface InstallOptions {
  /** Everything goes below this folder; the installed files name paths without it. Default: the running system. */
  readonly root?: string;
  /** Keep a foreign `ip-up.local` or `ip-down.local` and let our stub run it. */
  readonly chain: boolean;
  /** Folder of the built program. */
  readonly from: string;
  /** For the tables' names; without it they come with the first `apply`. */
  readonly config?: Config;
  /** Node binary of the hooks. Default: the one that runs this, by its real path. */
  readonly node?: string;
  /** Takes one line for the operator. */
  readonly log: (line: string) => void;
}

/**
 * Puts the program, the hooks and the names in place, or brings them up to date; again changes nothing. On the running
 * system one install or uninstall at a time: another one is waited for, but not for ever.
 * Throws UserError, before anything was written, with every reason not to. An error of node:fs later (a full disk)
 * leaves what was there working: each file is replaced whole, and the next install finishes the work.
 * A monitor that runs is started anew with the new program.
 */
export const install = (options: InstallOptions): void => {
  const { root = '', log } = options;
  checkRights('install', root);
  const release = lockInstallation(root, log);
  try {
    installLocked({ ...options, root, node: options.node ?? realpathSync(process.execPath) });
  } finally {
    release();
  }
};

const installLocked = (options: InstallOptions & Required<Pick<InstallOptions, 'root' | 'node'>>): void => {
  const { root, chain, from, config, node } = options;
  checkPreconditions({ root, chain, from, node });
  const hadUnit = occupantOf(join(root, SERVICE_FILE)) === 'ours';
  let hasChanged = false;
  const log = (line: string): void => {
    hasChanged = true;
    options.log(line);
  };

  ensureFolders(root, LIB_DIR);
  // The program comes before the hooks that start it.
  placeProgram({ from, node, root, log });
  for (const script of LOCAL_SCRIPTS) keepForeign(root, script, log);
  for (const file of [...installedFiles(join(from, 'templates'), node), ...nameFiles(root, config)]) {
    ensureFolders(root, dirname(file.path));
    if (placeFile(join(root, file.path), file.content, file.mode)) log(`${join(root, file.path)}: written`);
  }
  // Below a root there is no systemd of ours.
  if (root === '' && hasChanged) settleService(hadUnit).forEach(log);
};

/** Makes a folder, and writes down for `uninstall` which ones were missing. */
const ensureFolders = (root: string, folder: string): void => {
  const made = ensureFolder(join(root, folder)).map((path) => path.slice(root.length));
  if (made.length === 0) return;
  const list = join(root, FOLDERS_FILE);
  const before = existsSync(list) ? readFileSync(list, 'utf8') : `${MARKER}: these folders were missing\n`;
  placeFile(list, `${before}${made.map((path) => `${path}\n`).join('')}`, 0o644);
};

/**
 * Moves a foreign script out of the way as it is: owner, mode, link. A second name first (link(2) does not follow
 * links), so that a hook that starts now still finds a script; where a file system has no hard links, rename(2).
 */
const keepForeign = (root: string, script: string, log: (line: string) => void): void => {
  const path = join(root, script);
  if (occupantOf(path) !== 'foreign') return;
  try {
    linkSync(path, keptName(path));
  } catch {
    renameSync(path, keptName(path));
  }
  log(`${path}: kept as ${keptName(path)}, runs after ours`);
};

/** Without a valid configuration the names that an earlier one gave stay. */
const nameFiles = (root: string, config: Config | undefined): InstalledFile[] =>
  [
    { path: TABLE_NAMES_FILE, mode: 0o644, content: config ? renderTableNames(config) : noNames },
    { path: PROTOCOL_NAMES_FILE, mode: 0o644, content: config ? renderProtocolName(config) : noNames },
  ].filter(({ path }) => config !== undefined || !existsSync(join(root, path)));
