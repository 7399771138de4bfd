import type { UplinkStatus } from '../model.ts';
import { createColors, type Paint } from './colors.ts';
import { healthDetails, monitorLines, targetLines } from './health.ts';
import { type Column, layOut, wrap } from './layout.ts';
import { policyLines } from './policy-table.ts';
import { bytes, count, duration, milliseconds, percent } from './quantity.ts';
import type { StatusReport, UplinkReport } from './status.ts';

/**
 * The status as people like to read it, in `width` columns: for each uplink a row, details and, if it is not up, why;
 * the policies; then what is pending, in the way, left alone or not to be seen.
 */
export const renderStatus = (report: StatusReport, color: boolean, width: number): string => {
  const paint = createColors(color);
  const { pending, conflicts, notices, monitor, uplinks } = report;
  const changes = `${pending} change${pending === 1 ? '' : 's'} pending: see "mlb-hooks plan"`;
  const notes = [...(pending > 0 ? [changes] : []), ...conflicts, ...(monitor?.left ?? []), ...notices];
  const blocks = [
    [
      summary(report),
      ...monitorLines(
        monitor,
        uplinks.map(({ health }) => health),
      ).map(paint.dim),
      ...uplinkLines(report, paint, width),
    ],
    policyLines(report.policies, paint, width),
    notes,
  ];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
};

const summary = ({ balance, connections }: StatusReport): string =>
  connections === null
    ? `balance = "${balance}"`
    : `balance = "${balance}", ${count(connections)} new connection${connections === 1 ? '' : 's'} since counting began`;

const uplinkLines = ({ uplinks, monitor }: StatusReport, paint: Paint, width: number): string[] => {
  const isChecked = monitor !== undefined && monitor !== null;
  const { head, rows } = layOut(columns(paint, isChecked), uplinks, width);
  const indent = Math.max(6, ...uplinks.map(({ name }) => name.length)) + 2;
  return [
    head,
    ...uplinks.flatMap((uplink, position) => {
      const { line = '', asides = [] } = rows[position] ?? {};
      return [
        line,
        ...wrap([...asides, ...details(uplink)], indent, width).map(paint.dim),
        // The remedy is a command to copy: it stays in one line.
        ...(uplink.reason === ''
          ? []
          : wrap(uplink.reason.split('; '), indent, width, '; ').map(paint.yellow)),
        ...targetLines(uplink.health).map((line) => paint.dim(`${' '.repeat(indent)}${line}`)),
      ];
    }),
  ];
};

/** SHARE is what an uplink should have now, REAL what it had; NEW counts connections, IN and OUT bytes. */
const columns = (paint: Paint, isChecked: boolean): Column<UplinkReport>[] => [
  { head: 'UPLINK', cell: ({ name }) => name },
  {
    head: 'STATE',
    cell: ({ state }) => state,
    paint: (text, { state }) => paint[COLORS[state] ?? 'red'](text),
  },
  { head: 'SINCE', align: 'right', cell: ({ since }) => (since === null ? '-' : duration(since)) },
  { head: 'SHARE', align: 'right', cell: ({ share }) => percent(share) },
  { head: 'REAL', align: 'right', cell: ({ realShare }) => percent(realShare) },
  { head: 'NEW', align: 'right', cell: ({ connections }) => count(connections) },
  ...(isChecked ? HEALTH_COLUMNS : []),
  { head: 'DEVICE', cell: ({ device }) => device },
  {
    head: 'ADDRESS',
    cell: ({ addresses }) => addresses[0] ?? '-',
    aside: ({ addresses }) => [addresses[0] ?? 'no address'],
  },
  {
    head: 'GATEWAY',
    cell: ({ gateway }) => gateway ?? '-',
    aside: ({ gateway }) => [gateway === null ? 'no gateway' : `via ${gateway}`],
  },
  {
    head: 'IN / OUT',
    cell: ({ received, sent }) => (received === null ? '-' : `${bytes(received)} / ${bytes(sent)}`),
    aside: ({ received, sent }) =>
      received === null ? [] : [`received ${bytes(received)}`, `sent ${bytes(sent)}`],
  },
];

/** Those that carry connections, well or not; all others do not. */
const COLORS: Readonly<Partial<Record<UplinkStatus, 'green' | 'yellow'>>> = {
  up: 'green',
  degraded: 'yellow',
  draining: 'yellow',
};

const HEALTH_COLUMNS: readonly Column<UplinkReport>[] = [
  {
    head: 'LOSS',
    align: 'right',
    cell: ({ health }) => percent(health?.loss ?? null),
    aside: ({ health }) => (typeof health?.loss === 'number' ? [`loss ${percent(health.loss)}`] : []),
  },
  {
    head: 'RTT',
    align: 'right',
    cell: ({ health }) => milliseconds(health?.rtt ?? null),
    aside: ({ health }) =>
      typeof health?.rtt === 'number' ? [`round trip ${milliseconds(health.rtt)}`] : [],
  },
];

const details = (uplink: UplinkReport): string[] => {
  const { table, tier, qdisc, lastEvent, connectionsIn, health } = uplink;
  const event =
    lastEvent === null
      ? 'no event known'
      : `${lastEvent.source} ${lastEvent.phase} ${duration(lastEvent.ago)} ago`;
  const arrived =
    connectionsIn === null || connectionsIn === 0 ? [] : [`${count(connectionsIn)} new came in`];
  return [
    ...healthDetails(health),
    ...arrived,
    `table ${table}`,
    `tier ${tier}${uplink.deferred ? ' behind others' : ''}`,
    ...(qdisc === null ? [] : [qdisc]),
    event,
    ...wordDetails(uplink),
  ];
};

/** A word that something else hides. */
const wordDetails = ({ word, state }: UplinkReport): string[] =>
  word === null || word === state ? [] : [`${word} when it is back`];
