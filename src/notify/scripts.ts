import { readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { type Ownership, targetProblem } from '../install/ownership.ts';
import { codeOf } from '../system/run-dir.ts';
import { stripControl } from '../system/strip-control.ts';

/** An executable of notify.d. */
export interface Script {
  /** As the operator sees it. */
  readonly path: string;
  /** The file itself, where `path` is a link to it: what was checked is what is run. */
  readonly file: string;
}

/** What of a directory is run, in this order, and what is not, with cause and remedy. */
export interface Listing {
  readonly scripts: readonly Script[];
  readonly problems: readonly string[];
}

/**
 * The executables of a directory in the order of their names, byte by byte. Names are those of run-parts(8): a dot or a
 * `~` marks what editors and dpkg leave behind (`mail~`, `mail.dpkg-old`), which must not run besides the one that is
 * meant. Files without any `x` are passed over in silence: that is how one is switched off. What somebody else than
 * root could change is not run, since it would run as root. A directory that is not there is an empty one. Never throws.
 */
export const listScripts = (directory: string, ownershipOf?: OwnershipOf): Listing => {
  try {
    const names = readdirSync(directory).filter((name) => !LEFT_BEHIND.test(name));
    // Who can write there puts another file in the place of a good one.
    const problem = names.length === 0 ? undefined : targetProblem(directory, ownershipOf);
    if (problem !== undefined) return { scripts: [], problems: [notRun(directory, problem)] };
    const entries = names.sort().map((name) => lookAt(directory, name, ownershipOf));
    return {
      scripts: entries.flatMap((entry) => (typeof entry === 'object' ? [entry] : [])),
      problems: entries.filter((entry) => typeof entry === 'string'),
    };
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return { scripts: [], problems: [] };
    return {
      scripts: [],
      problems: [notRun(directory, `${messageOf(thrown)}; make it a directory of root's`)],
    };
  }
};

type OwnershipOf = (path: string) => Ownership;

/** The script, or why it is not run; undefined for what is not meant to. */
const lookAt = (directory: string, name: string, ownershipOf?: OwnershipOf): Script | string | undefined => {
  const path = `${directory}/${name}`;
  try {
    const file = realpathSync(path);
    if (!isExecutable(statSync(file))) return undefined;
    if (!RUN_PARTS.test(name))
      return notRun(path, 'its name has other characters than A-Z, a-z, 0-9, _ and -; rename it');
    const problem = targetProblem(file, ownershipOf);
    return problem === undefined ? { path, file } : notRun(path, problem);
  } catch (thrown) {
    return notRun(path, `${messageOf(thrown)}; repair or remove it`);
  }
};

const notRun = (path: string, cause: string): string => stripControl(`${path}: not run: ${cause}`);

/** Hidden files, and what editors and dpkg leave. */
const LEFT_BEHIND = /^\.|^#|~$|\.(dpkg|ucf)-[a-z]+$|\.(bak|swp|orig|rej)$/;

const RUN_PARTS = /^[A-Za-z0-9_-]+$/;

const isExecutable = (stats: Stats): boolean => stats.isFile() && (stats.mode & 0o111) !== 0;
