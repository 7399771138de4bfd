import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/load.ts';
import { computeDesired } from '../../src/desired/desired.ts';
import { computeUplinks } from '../../src/desired/uplinks.ts';
import { foldEvents } from '../../src/events/fold.ts';
import { parseDhclientLease } from '../../src/kernel/lease.ts';
import { parseLinks } from '../../src/kernel/link.ts';
import { parseQdiscs } from '../../src/kernel/qdisc.ts';
import { parseRoutes } from '../../src/kernel/route.ts';
import { parseRules } from '../../src/kernel/rule.ts';
import type {
  Config,
  Conflict,
  Lease,
  LinkEvent,
  Memory,
  NftTable,
  Observed,
  Ruleset,
  Sysctl,
  UplinkMemory,
  UplinkState,
  Verdict,
} from '../../src/model.ts';
import { renderCommand } from '../../src/plan/batch.ts';
import { computePlan } from '../../src/plan/plan.ts';
import { NO_MEMORY } from './samples.ts';

/** Seconds of uptime at which every case happens. */
const NOW = 1000;

/** Runs the pure core on a case folder (see test/cases/README.md); returns what its plan.txt should hold. */
export const runCase = async (folder: string): Promise<string> => {
  const config = await parseConfig(readFileSync(join(folder, 'config.toml'), 'utf8'));
  const observed = readObserved(folder, config);
  const events = readJson<LinkEvent[]>(folder, 'events.json') ?? [];
  const before = { ...NO_MEMORY, ...readJson<Partial<Memory>>(folder, 'memory.json') };
  const memory = foldEvents(before, events, config, observed.links, NOW);
  const states = computeUplinks(config, observed, memory);
  const desired = computeDesired(config, states, observed, memory);
  const nft = readJson<NftTable>(folder, 'nft.json') ?? tableOf(desired.nft);
  const plan = computePlan(config, desired, { ...observed, nft });
  return [
    ...section('uplinks', states.map(renderState)),
    ...section('commands', plan.changes.map(renderCommand)),
    ...section('conflicts', plan.conflicts.map(renderConflict)),
    ...section('remembered', renderMemory(memory, config)),
  ].join('\n');
};

/** Unless nft.json says otherwise, the table of nftables is right already: few cases are about it. */
const tableOf = (ruleset: Ruleset | undefined): NftTable =>
  ruleset === undefined ? {} : { loaded: ruleset };

const readText = (folder: string, name: string): string | undefined => {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};

const readLines = (folder: string, name: string): string[] =>
  (readText(folder, name) ?? '').split('\n').filter((line) => line !== '');

const readJson = <T>(folder: string, name: string): T | undefined => {
  const text = readText(folder, name);
  return text === undefined ? undefined : (JSON.parse(text) as T);
};

const readObserved = (folder: string, config: Config): Observed => {
  const answers = readAnswers(folder);
  const answer = (question: string): readonly unknown[] => answers.get(question) ?? [];
  const links = parseLinks(answer('link show'), answer('addr show'));
  return {
    links,
    routes: parseRoutes(answer('route show table all'), 4, links),
    rules: parseRules(answer('rule show'), 4),
    qdiscs: parseQdiscs(answer('qdisc show')),
    nft: {},
    verdicts: new Map(
      (readJson<Verdict[]>(folder, 'verdicts.json') ?? []).map((verdict) => [verdict.id, verdict]),
    ),
    sysctls: readLines(folder, 'sysctl.txt').map(parseSysctl),
    leases: readLeases(folder, config),
  };
};

const QUESTIONS = new Set(['link show', 'addr show', 'rule show', 'route show table all', 'qdisc show']);

/** ip.jsonl and tc.jsonl: one entry of the tool's answer a line, below a line with the question in quotes. */
const readAnswers = (folder: string): Map<string, unknown[]> => {
  const answers = new Map<string, unknown[]>();
  let entries: unknown[] = [];
  for (const line of ['ip.jsonl', 'tc.jsonl'].flatMap((name) => readLines(folder, name))) {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'string') {
      entries.push(value);
      continue;
    }
    if (!QUESTIONS.has(value)) throw new Error(`${folder}: no such question: ${line}`);
    entries = [];
    answers.set(value, entries);
  }
  return answers;
};

/** A line as sysctl(8) prints it, in the form with slashes. */
const parseSysctl = (line: string): Sysctl => {
  const found = /^net\/ipv4\/conf\/(.+)\/(ignore_routes_with_linkdown|rp_filter) = (\d+)$/.exec(line);
  if (found === null) throw new Error(`sysctl.txt: not one of our sysctls: ${line}`);
  const [, device = '', key, value] = found;
  return { device, key: key as Sysctl['key'], value: Number(value) };
};

/** `lease.DEVICE` is a dhclient.leases(5) file. */
const readLeases = (folder: string, { uplinks }: Config): Map<string, readonly Lease[]> =>
  new Map(
    uplinks.flatMap(({ device }) => {
      const lease = parseDhclientLease(readText(folder, `lease.${device}`) ?? '');
      return lease === undefined ? [] : [[device, [lease]] as const];
    }),
  );

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines.map((line) => `  ${line}`)];

const renderState = ({
  uplink,
  status,
  use,
  deferred,
  reason,
  nexthop,
  gatewaySource,
}: UplinkState): string => {
  const place = deferred === true ? `${use} behind its tier` : use;
  const way = nexthop === undefined ? '' : ` via ${nexthop.gateway ?? nexthop.device}`;
  const source = gatewaySource === undefined ? '' : ` from ${gatewaySource}`;
  return `${uplink.name}: ${status}, ${place}${way}${source}${reason === '' ? '' : `: ${reason}`}`;
};

const renderConflict = ({ object, consequence, remedy }: Conflict): string =>
  `${object}: ${consequence}; ${remedy}`;

/** What events left behind for each uplink, one line each; nothing for an uplink of which only the device is known. */
const renderMemory = ({ uplinks }: Memory, config: Config): string[] =>
  config.uplinks.flatMap(({ id, name }) => {
    const { device: _device, ...known }: Partial<UplinkMemory> = uplinks[id] ?? {};
    return Object.keys(known).length === 0 ? [] : [`${name}: ${JSON.stringify(known)}`];
  });
