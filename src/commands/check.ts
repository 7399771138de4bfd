/** `mlb-hooks check`: every problem of a configuration, and what will bite although it is valid. */
import { readdirSync, readFileSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import { type PeersFile, peersOptions } from '../config/ppp.ts';
import { ConfigError, type Problem, problemText, type Warning } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { configWarnings } from '../config/warn.ts';
import { messageOf } from '../errors.ts';
import type { Rule } from '../model.ts';
import { CONFIG_FILE } from '../system/paths.ts';

/** What pppd would be told, and warnings about what could not be read. */
export interface PppFiles {
  /** The text of /etc/ppp/options. */
  readonly common: string;
  readonly peers: readonly PeersFile[];
  readonly warnings: readonly Warning[];
}

export interface CheckOptions {
  /** Default: the installed configuration. */
  readonly file?: string;
  /** The kernel's IPv4 rules; none if they could not be read. */
  readonly rules?: readonly Rule[];
  /** Default: those of /etc/ppp. */
  readonly ppp?: () => PppFiles;
}

/** The configuration is usable if there are no problems, and present exactly then. */
export interface CheckResult {
  readonly file: string;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
  readonly config?: Config;
}

/** Checks a configuration and its surroundings; never throws for what an operator can mend. */
export const checkConfig = async (options: CheckOptions = {}): Promise<CheckResult> => {
  const { file = CONFIG_FILE, rules = [], ppp = readPppFiles } = options;
  try {
    const config = await loadConfig(file);
    // Without a ppp uplink nothing of pppd matters, nor that its files cannot be read.
    const { common, peers, warnings } = config.uplinks.some(({ device }) => device.startsWith('ppp'))
      ? ppp()
      : NO_PPP;
    const parsed = peers.map((peer) => peersOptions(peer, common));
    return { file, problems: [], warnings: [...warnings, ...configWarnings(config, rules, parsed)], config };
  } catch (error) {
    if (error instanceof ConfigError) return { file, problems: error.problems, warnings: [] };
    throw error;
  }
};

/** The result for people, a line for each finding and one for the sum; no newline at the end. */
export const checkText = ({ file, problems, warnings, config }: CheckResult): string => {
  const names = config?.uplinks.map(({ name }) => name).join(', ');
  const findings = [
    ...(problems.length > 0 ? [count(problems.length, 'problem')] : []),
    ...(warnings.length > 0 ? [count(warnings.length, 'warning')] : []),
  ];
  const verdict =
    names === undefined ? 'not usable' : `valid, ${count(config?.uplinks.length ?? 0, 'uplink')} (${names})`;
  return [
    ...problems.map((problem) => problemText(file, problem)),
    ...warnings.map(({ message, remedy }) => `warning: ${message}; ${remedy}`),
    `${file}: ${[verdict, ...findings].join(', ')}`,
  ].join('\n');
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const NO_PPP: PppFiles = { common: '', peers: [], warnings: [] };

/**
 * Reads /etc/ppp/options and the files of /etc/ppp/peers; a missing one says nothing, an unreadable one
 * is a warning.
 */
export const readPppFiles = (directory = '/etc/ppp'): PppFiles => {
  const warnings: Warning[] = [];
  const attempt = <T>(path: string, read: () => T, otherwise: T): T => {
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
  const text = (path: string) => attempt(path, () => readFileSync(path, 'utf8'), undefined);
  const peersDirectory = `${directory}/peers`;
  const entries = attempt(peersDirectory, () => readdirSync(peersDirectory, { withFileTypes: true }), []);
  const peers = entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && !isBackup(entry.name))
    .map(({ name }) => `${peersDirectory}/${name}`)
    .sort()
    .flatMap((file) => {
      const content = text(file);
      return content === undefined ? [] : [{ file, text: content }];
    });
  return { common: text(`${directory}/options`) ?? '', peers, warnings };
};

/** Left behind by editors and dpkg. */
const isBackup = (name: string): boolean => /^\.|^#|~$|\.(bak|orig|old|dpkg-[a-z]+|sw[a-p])$/.test(name);
