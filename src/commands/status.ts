import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../config/load.ts';
import { look } from '../converge.ts';
import type { Config } from '../model.ts';
import { wantsColor } from '../report/colors.ts';
import { type Counters, reportUplinks, type StatusReport } from '../report/status.ts';
import { renderStatus } from '../report/status-table.ts';
import { run } from '../system/exec.ts';
import { readSpool } from '../system/spool.ts';
import { loadMemory } from '../system/state.ts';
import { readUptime } from '../system/sysctl.ts';
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
  renderStatus(report, wantsColor(process.stdout, process.env));

const readStatus = async (): Promise<StatusReport> => {
  const config = await loadConfig();
  const { memory, rebuilt } = loadMemory();
  const events = readSpool().map(({ event }) => event);
  const view = await look({ config, run }, memory, events);
  const { tableBase } = config.settings;
  const missing = view.memory.missingQdiscs.map(
    (kind) => `qdisc ${kind}: this kernel lacks module sch_${kind}`,
  );
  return {
    version: 1,
    uplinks: reportUplinks(
      view.states,
      tableBase,
      view.observed,
      view.memory,
      readCounters(config),
      readUptime(),
    ),
    pending: view.changes.length,
    conflicts: conflictLines(view),
    notices: [...(rebuilt === undefined ? [] : [rebuilt]), ...missing, ...view.problems],
  };
};

const readCounters = ({ uplinks }: Config): Map<string, Counters> => {
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
