import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../../src/install/install.ts';
import { programFolder, temporaryFolder } from '../unit/install/program-folder.ts';

/** The folders that a machine of a test has for itself. Everything else is the host's, which no stub writes to. */
export const machineFolders = ['etc', 'run', 'usr/local/lib', 'usr/local/sbin', 'var/log'];

/** A hook that writes down how it was called, then does what its first argument or IFACE says. */
export const recordingHook = `'use strict';
const { appendFileSync, writeFileSync } = require('node:fs');
const seen = { argv: process.argv.slice(1), env: process.env, execArgv: process.execArgv, cwd: process.cwd() };
writeFileSync('/run/seen.json', JSON.stringify(seen));
const wish = process.argv[2] ?? process.env.IFACE;
if (wish === 'said') process.exit(2);
if (wish === 'crash') throw new Error('as wished');
if (wish === 'killed') process.kill(process.pid, 'SIGKILL');
if (wish === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
appendFileSync('/run/order', 'hook\\n');
`;

export interface Seen {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly execArgv: readonly string[];
  readonly cwd: string;
}

/** A machine in a folder, with the program installed and `recordingHook` as every hook. */
export const installedMachine = (options: { node?: string; chain?: boolean; root?: string } = {}): string => {
  const { root = temporaryFolder(), chain = false, node = realpathSync(process.execPath) } = options;
  for (const folder of machineFolders) mkdirSync(join(root, folder), { recursive: true });
  install({ root, from: programFolder('1.2.3', recordingHook), chain, node, log: () => {} });
  return root;
};

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/**
 * Runs a shell script on the machine in the folder `root`: a mount namespace of its own, as root, with nothing in
 * the environment, umask 077 and stdin from /dev/null, as pppd runs its scripts.
 */
export const runOn = (root: string, script: string): Outcome => {
  const mounts = machineFolders.map((folder) => `mount -n --bind "$0/${folder}" /${folder}`).join(' && ');
  const text = `${mounts} || exit 99; cd /; umask 077; ${script}`;
  const args = [...namespace, '/bin/sh', '-c', text, root];
  const { status, stdout, stderr } = spawnSync('unshare', args, { ...settings, env: { PATH: toolPath } });
  return { status, output: `${stdout}${stderr}` };
};

/** Why `runOn` cannot work here, for `test`'s skip option; false when it can. */
export const cannotRun = (): string | false => {
  const { status, stderr } = spawnSync(
    'unshare',
    [...namespace, 'mount', '-n', '--bind', '/tmp', '/tmp'],
    settings,
  );
  return status === 0 ? false : `no private mount namespace: ${String(stderr).trim()}`;
};

/** What the hook wrote down; undefined when it did not run. */
export const seenBy = (root: string): Seen | undefined =>
  existsSync(join(root, 'run/seen.json'))
    ? JSON.parse(readFileSync(join(root, 'run/seen.json'), 'utf8'))
    : undefined;

/** The text of a file of the machine; empty when it is missing. */
export const textOf = (root: string, path: string): string =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';

const toolPath = '/usr/sbin:/usr/bin:/sbin:/bin';
const settings = { encoding: 'utf8', timeout: 20_000, stdio: 'pipe' } as const;
const namespace = ['--mount', ...(process.geteuid?.() === 0 ? [] : ['--map-root-user'])];
