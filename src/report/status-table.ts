import Table from 'cli-table3';
import { createColors } from './colors.ts';
import type { StatusReport, UplinkReport } from './status.ts';

/**
 * The status as people like to read it, in 80 columns: for each uplink a row, a line of details and, if it is not
 * up, a line that says why; then what is pending, in the way or not to be seen.
 */
export const renderStatus = (report: StatusReport, color: boolean): string => {
  const paint = createColors(color);
  const [head = '', ...rows] = tableLines(report.uplinks, paint);
  const indent = ' '.repeat(Math.max(6, ...report.uplinks.map(({ name }) => name.length)) + 2);
  const uplinks = report.uplinks.flatMap((uplink, position) => [
    rows[position] ?? '',
    paint.dim(`${indent}${details(uplink)}`),
    ...(uplink.reason === '' ? [] : [paint.yellow(`${indent}${uplink.reason}`)]),
  ]);
  const { pending, conflicts, notices } = report;
  const changes = `${pending} change${pending === 1 ? '' : 's'} pending: see "mlb-hooks plan"`;
  const notes = [...(pending > 0 ? [changes] : []), ...conflicts, ...notices];
  return [head, ...uplinks, ...(notes.length === 0 ? [] : ['']), ...notes].join('\n');
};

type Paint = ReturnType<typeof createColors>;

const tableLines = (uplinks: readonly UplinkReport[], paint: Paint): string[] => {
  const table = new Table({
    head: ['UPLINK', 'STATE', 'SINCE', 'SHARE', 'DEVICE', 'ADDRESS', 'GATEWAY'],
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    colAligns: ['left', 'left', 'right', 'right', 'left', 'left', 'left'],
  });
  for (const uplink of uplinks) table.push(row(uplink, paint));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
};

const row = (uplink: UplinkReport, paint: Paint): string[] => [
  uplink.name,
  uplink.state === 'up' ? paint.green(uplink.state) : paint.red(uplink.state),
  uplink.since === null ? '-' : duration(uplink.since),
  `${Math.round(uplink.share * 100)} %`,
  uplink.device,
  uplink.addresses[0] ?? '-',
  uplink.gateway ?? '-',
];

const details = ({ table, tier, qdisc, lastEvent }: UplinkReport): string => {
  const event =
    lastEvent === null
      ? 'no event known'
      : `${lastEvent.source} ${lastEvent.phase} ${duration(lastEvent.ago)} ago`;
  return [`table ${table}`, `tier ${tier}`, ...(qdisc === null ? [] : [qdisc]), event].join(', ');
};

const UNITS: readonly [name: string, seconds: number][] = [
  ['d', 86400],
  ['h', 3600],
  ['min', 60],
];

/** Seconds in the largest unit that they fill twice: `90 s`, `5 min`, `3 h`, `12 d`. */
export const duration = (seconds: number): string => {
  const [name, size] = UNITS.find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${name}`;
};

const NO_BORDERS = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
);
