/** `mlb-hooks check`: every problem of a configuration, and what will bite although it is valid. */
import { loadConfig } from '../config/load.ts';
import { peersOptions } from '../config/ppp.ts';
import { ConfigError, type Problem, problemText, type Warning } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { configWarnings } from '../config/warn.ts';
import { type Machine, machineWarnings } from '../config/warn-machine.ts';
import type { Rule } from '../model.ts';
import { CONFIG_FILE } from '../system/paths.ts';
import { type PppFiles, readPppFiles } from './check-files.ts';

export interface CheckOptions {
  /** Default: the installed configuration. */
  readonly file?: string;
  /** The kernel's IPv4 rules; none if they could not be read. */
  readonly rules?: readonly Rule[];
  /** Default: those of /etc/ppp. */
  readonly ppp?: () => PppFiles;
  /** What was read of the machine; nothing if nothing was. */
  readonly machine?: Machine;
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
  const { file = CONFIG_FILE, rules = [], ppp = readPppFiles, machine = {} } = options;
  try {
    const config = await loadConfig(file);
    // Without a ppp uplink nothing of pppd matters, nor that its files cannot be read.
    const { common, peers, warnings } = config.uplinks.some(({ device }) => device.startsWith('ppp'))
      ? ppp()
      : NO_PPP;
    const parsed = peers.map((peer) => peersOptions(peer, common));
    const found = [...configWarnings(config, rules, parsed), ...machineWarnings(config, rules, machine)];
    return { file, problems: [], warnings: [...warnings, ...found], config };
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
