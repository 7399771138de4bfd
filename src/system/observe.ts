import { needsLease } from '../desired/gateway.ts';
import { UserError } from '../errors.ts';
import { parseLinks } from '../kernel/link.ts';
import { parseQdiscs } from '../kernel/qdisc.ts';
import { parseRoutes } from '../kernel/route.ts';
import { parseRules } from '../kernel/rule.ts';
import type { Config, Lease, Link, Memory, Observed, Qdisc, Route, Runner, ToolResult } from '../model.ts';
import { readLeases } from './leases.ts';
import { readNftTable, type Unread } from './nft-table.ts';
import { readSysctls, readUptime } from './sysctl.ts';
import { describeFailure } from './tool-failure.ts';
import { readVerdicts } from './verdicts.ts';

/** One process reads everything; `-d` for protocols, `-N` for numbers instead of names that /etc may change. */
const IP_ARGS = ['-4', '-j', '-d', '-N', '-batch', '-'];
const IP_READS = 'link show\naddr show\nrule show\nroute show table all\n';
const TC_ARGS = ['-j', 'qdisc', 'show'];

/** How to observe. */
export interface Observing {
  /** Believes what is remembered of the ruleset, if anything is; a hook saves a process. */
  readonly trust: boolean;
  /** Instead of what the monitor has written down: the monitor's own, which may be unable to write. */
  readonly verdicts?: Observed['verdicts'];
  /** Told of what could not be read. */
  readonly onUnread: (tool: 'tc' | 'nft', failure: Unread) => void;
}

/**
 * Reads what the kernel has: three processes at most, whatever the number of routes, and a few files.
 * Without `tc` or `nft`, what is theirs is left alone and `onUnread` is told: routing does not depend on it.
 * A UserError if `ip` is missing or fails.
 */
export const observe = async (
  config: Config,
  memory: Memory,
  run: Runner,
  { trust, verdicts = readVerdicts(readUptime()), onUnread }: Observing,
): Promise<Observed> => {
  // At the same time, where the runner can do that.
  const [[links, addresses, rules, routes], qdiscs, nft] = await Promise.all([
    readIp(run),
    readTc(run, (failure) => onUnread('tc', failure)),
    trust && memory.loaded !== undefined
      ? { loaded: memory.loaded }
      : readNftTable(run, (failure) => onUnread('nft', failure)),
  ]);
  const parsed = parseLinks(links, addresses);
  const routeList = parseRoutes(routes, 4, parsed);
  return {
    links: parsed,
    routes: routeList,
    rules: parseRules(rules, 4),
    qdiscs,
    nft,
    sysctls: readSysctls(sysctlDevices(config, memory, parsed)),
    leases: neededLeases(config, parsed, routeList),
    verdicts,
  };
};

type Json = readonly unknown[];

/** Often enough for links that flap: a dump takes milliseconds, and one that was disturbed is no picture of anything. */
const DUMPS = 5;

const readIp = async (run: Runner): Promise<[Json, Json, Json, Json]> => {
  let result = await run('ip', IP_ARGS, IP_READS);
  for (let tries = 1; tries < DUMPS && wasInterrupted(result); tries++)
    result = await run('ip', IP_ARGS, IP_READS);
  if (result.status !== 0) throw new UserError(describeFailure('ip', IP_ARGS, result));
  const [links, addresses, rules, routes] = splitArrays(result.stdout).map(parseArray);
  if (links === undefined || addresses === undefined || rules === undefined || routes === undefined)
    throw new UserError(
      'ip -4 -j -batch: fewer answers than questions',
      'is iproute2 older than 5.0? upgrade it',
    );
  return [links, addresses, rules, routes];
};

/** NLM_F_DUMP_INTR (netlink(7)): tables changed while they were read; `ip` says so, with status 0 or not. */
const wasInterrupted = ({ stderr }: ToolResult): boolean => /dump was interrupted/i.test(stderr);

/**
 * One JSON array per line of the batch. iproute2 before 6.2 prints nothing but `[` for an empty table and spaces
 * such as `[ ]` for an empty list, so arrays are told apart by the line they start on.
 */
const splitArrays = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('['));

/** One such array; a UserError if it is no JSON. */
export const parseArray = (line: string): Json => {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : [];
  } catch {
    if (line.trim() === '[') return [];
    throw new UserError(`ip -4 -j -batch: answered something that is no JSON: ${line.slice(0, 80)}`);
  }
};

const readTc = async (
  run: Runner,
  onFailure: (failure: Unread) => void,
): Promise<readonly Qdisc[] | undefined> => {
  const result = await run('tc', TC_ARGS);
  if (result.status === 0) return parseQdiscs(splitArrays(result.stdout).flatMap(parseArray));
  onFailure({ message: describeFailure('tc', TC_ARGS, result), missing: result.errorCode === 'ENOENT' });
  return undefined;
};

/** The uplinks, and whatever devices have a sysctl to get back, by the names that they have now. */
const sysctlDevices = ({ uplinks }: Config, { sysctls }: Memory, links: readonly Link[]): Set<string> => {
  const remembered = new Set(sysctls.map(({ index }) => index));
  const named = links.filter(({ index }) => remembered.has(index)).map(({ device }) => device);
  return new Set(['all', ...uplinks.map(({ device }) => device), ...named]);
};

const neededLeases = (
  config: Config,
  links: readonly Link[],
  routes: readonly Route[],
): Map<string, readonly Lease[]> => {
  const leases = new Map<string, readonly Lease[]>();
  for (const uplink of config.uplinks) {
    const link = links.find(({ device }) => device === uplink.device);
    if (link !== undefined && needsLease(uplink, link, routes)) leases.set(uplink.device, readLeases(link));
  }
  return leases;
};
