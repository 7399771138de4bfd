import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { LIB_DIR } from '../system/paths.ts';
import { CURRENT_LINK, INSTALLED_PATHS, keptName, LOCAL_SCRIPTS } from './files.ts';
import { describeOccupant, isSameFile, lstatIfAny, occupantOf } from './marker.ts';
import { versionProblem } from './node-version.ts';
import { nodeProblem, targetProblem } from './ownership.ts';

export interface Circumstances {
  readonly root: string;
  readonly chain: boolean;
  readonly from: string;
  readonly node: string;
}

/**
 * Throws one UserError that names every reason not to install, each on its line, before anything was written.
 * Below `--root` the folders' owners do not matter yet: it is a package or a test, nothing runs from there.
 */
export const checkPreconditions = ({ root, chain, from, node }: Circumstances): void => {
  const owners =
    root === ''
      ? [nodeProblem(node), ...[...INSTALLED_PATHS, CURRENT_LINK].map((path) => targetProblem(dirname(path)))]
      : [];
  const problems = [
    versionProblem(),
    sourceProblem(from),
    ...owners,
    programProblem(root),
    ...INSTALLED_PATHS.map((path) => occupantProblem(root, path, chain)),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new UserError([...new Set(problems)].join('\n'));
};

/** Throws unless root calls, or everything goes below a `--root` folder of the caller's. */
export const checkRights = (
  command: 'install' | 'uninstall',
  root: string,
  user = process.geteuid?.(),
): void => {
  if (root !== '' || user === 0) return;
  throw new UserError(
    `${command} changes files in /etc and /usr/local, which only root may`,
    `run: sudo mlb-hooks ${command} (or give --root DIR to work below DIR)`,
  );
};

/** What a built program cannot be without. */
const PROGRAMS = ['mlb-hooks', 'ip-up', 'ip-down', 'if-up', 'if-down'].map((name) => `${name}.cjs`);

const sourceProblem = (from: string): string | undefined => {
  const missing = ['VERSION', 'start.cjs', ...PROGRAMS, 'templates'].find(
    (name) => !existsSync(join(from, name)),
  );
  return missing && `${join(from, missing)}: not found, so there is nothing to install; run: npm run build`;
};

/** The program's own folder: nobody else has a reason to be there, and we would have to remove it. */
const programProblem = (root: string): string | undefined => {
  const lib = lstatIfAny(join(root, LIB_DIR));
  if (lib !== undefined && !lib.isDirectory()) return inTheWay(root, LIB_DIR);
  const current = lstatIfAny(join(root, CURRENT_LINK));
  return current === undefined || current.isSymbolicLink() ? undefined : inTheWay(root, CURRENT_LINK);
};

const occupantProblem = (root: string, path: string, chain: boolean): string | undefined => {
  if (occupantOf(join(root, path)) !== 'foreign') return undefined;
  const chainable =
    LOCAL_SCRIPTS.some((script) => script === path) && lstatIfAny(join(root, path))?.isDirectory() !== true;
  if (!chainable) return inTheWay(root, path);
  const kept = join(root, keptName(path));
  if (lstatIfAny(kept) !== undefined && !isSameFile(kept, join(root, path))) {
    return `${inTheWay(root, path)} (${kept}, which an earlier install --chain kept, must be moved away too, or back)`;
  }
  if (chain) return undefined;
  return (
    `${join(root, path)}: ${describeOccupant(join(root, path))} is there that mlb-hooks did not install; ` +
    'install --chain keeps it and runs it after ours (uninstall puts it back), or move it away'
  );
};

const inTheWay = (root: string, path: string): string =>
  `${join(root, path)}: ${describeOccupant(join(root, path))} is there that mlb-hooks did not install; move it away`;
