/** Packets lost when an uplink goes, with no hook having run. */
import { setTimeout as sleep } from 'node:timers/promises';
import { routerFor } from '../netns/router.ts';
import { lostPerFlow, startSink, startSource } from '../netns/traffic/flows.ts';
import { printRow, type Row } from './table.ts';

const LOSSES: readonly (readonly [what: string, command: string, most: number])[] = [
  ['device destroyed', 'ip link del w1', 1],
  ['device set down', 'ip link set w1 down', 1],
  ['address removed', 'ip addr flush dev w1', 1],
  ['carrier lost', 'ip -n isp link set i1 down', 2],
];

const lossRows = async (): Promise<Row[]> => {
  const flows = 24;
  const rows: Row[] = [];
  for (const [what, command, most] of LOSSES) {
    const ends: (() => void)[] = [];
    const router = await routerFor({ after: (end) => ends.push(end) });
    const sink = await startSink(router, 'isp');
    const source = await startSource(router, flows, 2);
    await sleep(300);
    router.sh(command);
    await sleep(700);
    const sent = Number(await source.ask());
    rows.push({
      what: `packets lost per flow: ${what}`,
      most,
      unit: '',
      values: lostPerFlow(await sink.arrived(), flows, sent),
    });
    for (const end of ends) end();
  }
  return rows;
};

export const measureLosses = async (): Promise<boolean[]> =>
  (await lossRows()).map((row) => printRow(row, true));
