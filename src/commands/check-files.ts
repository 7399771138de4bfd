/** The files of other programs that `mlb-hooks check` looks at. */
import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { PeersFile } from '../config/ppp.ts';
import type { Warning } from '../config/problem.ts';
import type { Machine } from '../config/warn-machine.ts';
import { messageOf } from '../errors.ts';
import { TOOL_DIRS } from '../system/tool-path.ts';

/** What pppd would be told, and warnings about what could not be read. */
export interface PppFiles {
  /** The text of /etc/ppp/options. */
  readonly common: string;
  readonly peers: readonly PeersFile[];
  readonly warnings: readonly Warning[];
}

/**
 * Reads /etc/ppp/options and the files of /etc/ppp/peers; a missing one says nothing, an unreadable one
 * is a warning.
 */
export const readPppFiles = (directory = '/etc/ppp'): PppFiles => {
  const warnings: Warning[] = [];
  const common = readText(`${directory}/options`, warnings) ?? '';
  return { common, peers: readFolder(`${directory}/peers`, warnings), warnings };
};

/**
 * Reads what is around the configuration; `root` is for tests. A missing file says nothing, one of dnsmasq that
 * cannot be read is a warning.
 */
export const readMachine = (root = ''): { machine: Machine; warnings: readonly Warning[] } => {
  const warnings: Warning[] = [];
  const modules = readModules(root);
  const forwarding = readText(`${root}/proc/sys/net/ipv4/ip_forward`, []);
  const files = [
    readText(`${root}/etc/dnsmasq.conf`, warnings) ?? '',
    ...readFolder(`${root}/etc/dnsmasq.d`, warnings).map(({ text }) => text),
  ];
  const nftables = existsSync(`${root}${NFTABLES_ENABLED}`)
    ? readText(`${root}/etc/nftables.conf`, [])
    : undefined;
  const machine = {
    missingPackages: Object.entries(TOOLS).flatMap(([tool, name]) =>
      TOOL_DIRS.some((directory) => existsSync(`${root}${directory}/${tool}`)) ? [] : [name],
    ),
    ...(nftables === undefined ? {} : { nftables }),
    ...(modules === undefined ? {} : { modules }),
    ...(forwarding === undefined ? {} : { forwarding: forwarding.trim() !== '0' }),
    // Half of its text would make false alarms.
    ...(warnings.length > 0 ? {} : { dnsmasq: files.join('\n') }),
  };
  return { machine, warnings };
};

/** Tools that routing does without, and the Debian packages that have them. */
const TOOLS = { nft: 'nftables', conntrack: 'conntrack', ping: 'iputils-ping', socat: 'socat' } as const;

/** What `systemctl enable nftables` makes: it loads /etc/nftables.conf at boot, and anew when it is reloaded. */
const NFTABLES_ENABLED = '/etc/systemd/system/sysinit.target.wants/nftables.service';

/** Modules loaded and built in; undefined for a kernel without modules, of which nothing can be said. */
const readModules = (root: string): Set<string> | undefined => {
  const loaded = readText(`${root}/proc/modules`, []);
  if (loaded === undefined) return undefined;
  const builtin = readText(`${root}/lib/modules/${release()}/modules.builtin`, []) ?? '';
  const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name ?? '');
  return new Set([...names(loaded, /^(\S+) /gm), ...names(builtin, /([^/\n]+)\.ko/g)]);
};

/** Every file of a folder that an editor or dpkg did not leave behind, in the order of names. */
const readFolder = (directory: string, warnings: Warning[]): PeersFile[] =>
  attempt(directory, warnings, [], (): Dirent[] => readdirSync(directory, { withFileTypes: true }))
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && !isBackup(entry.name))
    .map(({ name }) => `${directory}/${name}`)
    .sort()
    .flatMap((file) => {
      const text = readText(file, warnings);
      return text === undefined ? [] : [{ file, text }];
    });

const readText = (path: string, warnings: Warning[]): string | undefined =>
  attempt(path, warnings, undefined, () => readFileSync(path, 'utf8'));

const attempt = <T, U>(path: string, warnings: Warning[], otherwise: U, read: () => T): T | U => {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EACCES')
      warnings.push({ message: `${path} may not be read by this user`, remedy: 'run check as root' });
    else if (code !== 'ENOENT' && code !== 'ENOTDIR')
      warnings.push({ message: `${path}: ${messageOf(error)}`, remedy: 'look at it yourself' });
    return otherwise;
  }
};

/** Left behind by editors and dpkg. */
const isBackup = (name: string): boolean => /^\.|^#|~$|\.(bak|orig|old|dpkg-[a-z]+|sw[a-p])$/.test(name);
