import { accessSync, constants, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { trackingModule } from '../config/helper-modules.ts';
import { loadConfig } from '../config/load.ts';
import { look } from '../look.ts';
import type { Config, Memory } from '../model.ts';
import { wantsColor } from '../report/colors.ts';
import { reportPolicies } from '../report/policies.ts';
import { type Counters, reportUplinks, type StatusReport, totalConnections } from '../report/status.ts';
import { renderStatus } from '../report/status-table.ts';
import { run } from '../system/exec.ts';
import { readNftCounters } from '../system/nft-counters.ts';
import { RUN_DIR } from '../system/paths.ts';
import { codeOf } from '../system/run-dir.ts';
import { readSpool } from '../system/spool.ts';
import { loadMemory } from '../system/state.ts';
import { readUptime } from '../system/sysctl.ts';
import { readFindings } from '../system/verdicts.ts';
import { conflictLines, type Report } from './session.ts';

/** `mlb-hooks status`: every uplink as it stands. */
export const status = async (options: { json?: boolean }): Promise<Report> => {
  const report = await readStatus();
  const text = options.json === true ? JSON.stringify(report, null, 2) : renderForTerminal(report);
  return { lines: [text], errors: [], exitCode: 0 };
};

/** `mlb-hooks status --watch`: the same, redrawn in place every `seconds` until interrupted. */
export const watchStatus = async (seconds: number): Promise<never> => {
  const leave = (): never => {
    process.stdout.write('\x1b[?25h\x1b[?1049l');
    process.exit(0);
  };
  process.once('SIGINT', leave).once('SIGTERM', leave);
  // The alternate screen, so that what was there comes back afterwards; the cursor only distracts.
  process.stdout.write('\x1b[?1049h\x1b[?25l');
  for (;;) {
    const text = await readStatus().then(renderForTerminal, (thrown: unknown) => String(thrown));
    const body = text.replaceAll('\n', '\x1b[K\n');
    process.stdout.write(`\x1b[H${body}\x1b[K\n\x1b[J`);
    await sleep(seconds * 1000);
  }
};

const renderForTerminal = (report: StatusReport): string =>
  renderStatus(report, wantsColor(process.stdout, process.env), process.stdout.columns ?? 80);

const readStatus = async (): Promise<StatusReport> => {
  const config = await loadConfig();
  const { memory, rebuilt } = loadMemory();
  const events = readSpool().map(({ event }) => event);
  const view = await look({ config, run }, memory, events);
  const { settings } = config;
  const { counters, problem } = await readNftCounters(run, view.observed.nft);
  const seen = {
    observed: view.observed,
    memory: view.memory,
    bytes: readBytes(config),
    connections: counters,
    now: readUptime(),
  };
  const total = totalConnections(view.states, seen);
  return {
    version: 1,
    balance: settings.balance,
    connections: total,
    uplinks: reportUplinks(view.states, settings, seen),
    policies: reportPolicies(config, view.states, seen.connections, total),
    ...monitorOf(seen.now),
    pending: view.changes.length,
    conflicts: conflictLines(view),
    notices: [
      ...(rebuilt === undefined ? [] : [rebuilt]),
      ...missingOf(view.memory),
      ...view.problems,
      ...(problem === undefined ? [] : [problem]),
    ],
  };
};

/** The monitor, if one runs. Nobody but root may look: others are not told that there is none. */
const monitorOf = (now: number): Pick<StatusReport, 'monitor'> => {
  const findings = readFindings(now);
  if (findings !== undefined) return { monitor: { pid: findings.pid, left: findings.left } };
  try {
    accessSync(RUN_DIR, constants.X_OK);
    return { monitor: null };
  } catch (thrown) {
    return codeOf(thrown) === 'ENOENT' ? { monitor: null } : {};
  }
};

/** What this kernel was found to lack. */
const missingOf = ({ missingQdiscs, missingHelpers }: Memory): string[] => [
  ...missingQdiscs.map((kind) => `qdisc ${kind}: this kernel lacks module sch_${kind}`),
  ...missingHelpers.map((name) => `helper "${name}": this kernel lacks module ${trackingModule(name)}`),
];

const readBytes = ({ uplinks }: Config): Map<string, Counters> => {
  const counters = new Map<string, Counters>();
  for (const { device } of uplinks) {
    const read = (name: string): number =>
      Number(readFileSync(`/sys/class/net/${device}/statistics/${name}`, 'utf8'));
    try {
      counters.set(device, { sent: read('tx_bytes'), received: read('rx_bytes') });
    } catch {
      // No such device: the state says so.
    }
  }
  return counters;
};
