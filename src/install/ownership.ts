import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { lstatIfAny } from './marker.ts';
import { NODE_REMEDY } from './node-version.ts';

/** Owner and permission bits of one path, as lstat(2) has them. */
export interface Ownership {
  readonly uid: number;
  readonly mode: number;
}

/**
 * Why somebody other than root could change `path` (absolute, no links in it), or undefined when nobody can: the file
 * and every folder above must be root's, and writable by root alone. Whoever can write one of them is root at the
 * next hook.
 */
export const weakness = (
  path: string,
  ownershipOf: (path: string) => Ownership = lstatSync,
): string | undefined => {
  for (const each of withParents(path)) {
    const { uid, mode } = ownershipOf(each);
    if (uid !== 0) return `${each} belongs to user ${uid}, not to root`;
    if ((mode & 0o022) !== 0)
      return `${each} is writable by others than root (mode ${(mode & 0o7777).toString(8)})`;
  }
  return undefined;
};

/** The problem with running hooks by the Node binary `node` (a real path), with its remedy; undefined when none. */
export const nodeProblem = (node: string, ownershipOf?: (path: string) => Ownership): string | undefined => {
  if (/[=\n]/.test(node))
    return `${node}: env(1) cannot start a program with = or a line end in its path; move Node.js`;
  const cause = weakness(node, ownershipOf);
  if (cause === undefined) return undefined;
  return `${node}: hooks run it as root, but ${cause}; ${NODE_REMEDY}`;
};

/** The problem with writing below `target`, which may not exist yet, with its remedy; undefined when none. */
export const targetProblem = (
  target: string,
  ownershipOf?: (path: string) => Ownership,
): string | undefined => {
  const cause = weakness(nearestExisting(target), ownershipOf);
  if (cause === undefined) return undefined;
  return `${target}: root runs or reads what is there, but ${cause}; run: ${remedyOf(cause)}`;
};

/** `/a/b` -> `/`, `/a`, `/a/b`. */
const withParents = (path: string): string[] =>
  path === dirname(path) ? [path] : [...withParents(dirname(path)), path];

const nearestExisting = (path: string): string =>
  lstatIfAny(path) === undefined ? nearestExisting(dirname(path)) : realpathSync(path);

const remedyOf = (cause: string): string => {
  const weak = cause.slice(0, cause.search(/ (belongs|is writable)/));
  return cause.includes('belongs') ? `chown root: ${weak}` : `chmod go-w ${weak}`;
};
