import { createColors, type Paint } from './colors.ts';
import { type Column, layOut, wrap } from './layout.ts';
import { policyLines } from './policy-table.ts';
import { bytes, count, duration, percent } from './quantity.ts';
import type { StatusReport, UplinkReport } from './status.ts';

/**
 * The status as people like to read it, in `width` columns: for each uplink a row, details and, if it is not up, a
 * line that says why; the policies; then what is pending, in the way or not to be seen.
 */
export const renderStatus = (report: StatusReport, color: boolean, width: number): string => {
  const paint = createColors(color);
  const { pending, conflicts, notices } = report;
  const changes = `${pending} change${pending === 1 ? '' : 's'} pending: see "mlb-hooks plan"`;
  const notes = [...(pending > 0 ? [changes] : []), ...conflicts, ...notices];
  const blocks = [
    [summary(report), ...uplinkLines(report.uplinks, paint, width)],
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

const uplinkLines = (uplinks: readonly UplinkReport[], paint: Paint, width: number): string[] => {
  const { head, rows } = layOut(columns(paint), uplinks, width);
  const indent = Math.max(6, ...uplinks.map(({ name }) => name.length)) + 2;
  return [
    head,
    ...uplinks.flatMap((uplink, position) => {
      const { line = '', asides = [] } = rows[position] ?? {};
      return [
        line,
        ...wrap([...asides, ...details(uplink)], indent, width).map(paint.dim),
        ...(uplink.reason === '' ? [] : [paint.yellow(`${' '.repeat(indent)}${uplink.reason}`)]),
      ];
    }),
  ];
};

/** SHARE is what an uplink should have now, REAL what it had; NEW counts connections, IN and OUT bytes. */
const columns = (paint: Paint): Column<UplinkReport>[] => [
  { head: 'UPLINK', cell: ({ name }) => name },
  {
    head: 'STATE',
    cell: ({ state }) => state,
    paint: (text, { state }) => (state === 'up' ? paint.green(text) : paint.red(text)),
  },
  { head: 'SINCE', align: 'right', cell: ({ since }) => (since === null ? '-' : duration(since)) },
  { head: 'SHARE', align: 'right', cell: ({ share }) => percent(share) },
  { head: 'REAL', align: 'right', cell: ({ realShare }) => percent(realShare) },
  { head: 'NEW', align: 'right', cell: ({ connections }) => count(connections) },
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

const details = ({ table, tier, qdisc, lastEvent, connectionsIn }: UplinkReport): string[] => {
  const event =
    lastEvent === null
      ? 'no event known'
      : `${lastEvent.source} ${lastEvent.phase} ${duration(lastEvent.ago)} ago`;
  const arrived =
    connectionsIn === null || connectionsIn === 0 ? [] : [`${count(connectionsIn)} new came in`];
  return [...arrived, `table ${table}`, `tier ${tier}`, ...(qdisc === null ? [] : [qdisc]), event];
};
