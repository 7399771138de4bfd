import type { createColors } from '../../../src/report/colors.ts';
import type { TrafficReport } from '../lab/traffic.ts';
import { type LineLoss, lossOf, lostAtReturn } from './loss.ts';

/** Who was who. */
export type Story = {
  readonly dsl1: string;
  readonly dsl2: string;
  readonly redialled: string;
};

/** The end of the demonstration: a table of what each line's flows lost, and what became of it. */
export const summarize = (
  report: TrafficReport,
  story: Story,
  paint: ReturnType<typeof createColors>,
): string => {
  const hungUp = lossOf(report, story.dsl1);
  const other = lossOf(report, story.dsl2);
  const seconds = ((report.sent * report.intervalMs) / 1000).toFixed(0);
  const back = report.flows.filter(({ carriers }) => carriers.at(-1)?.source === story.redialled).length;
  const atReturn = lostAtReturn(report, story.redialled);
  const atHangup = [hungUp, other].reduce((sum, { lostUp, lostDown }) => sum + lostUp + lostDown, -atReturn);
  return [
    paint.dim(row('flows that began on', 'flows', 'packets', 'lost up', 'lost down')),
    lossRow('dsl1, which was hung up', hungUp),
    lossRow('dsl2', other),
    '',
    `In ${seconds} seconds. The hangup cost ${packets(atHangup)}, the return ${packets(atReturn)}.`,
    'Up, a flow loses the packets with which it changes lines: masquerade',
    'drops them and starts anew. Down, it loses the echoes that were sent to',
    'an address that is gone; the slower this machine, the more of them.',
    `${back} of the ${hungUp.flows} flows of dsl1 are back on it, from ${story.redialled}.`,
  ].join('\n');
};

const packets = (count: number): string => `${count} packet${count === 1 ? '' : 's'}`;

const lossRow = (name: string, { flows, sent, lostUp, lostDown }: LineLoss): string =>
  row(name, `${flows}`, `${sent}`, `${lostUp}`, `${lostDown}`);

const row = (name: string, flows: string, sent: string, up: string, down: string): string =>
  `${name.padEnd(25)}${flows.padStart(6)}${sent.padStart(9)}${up.padStart(9)}${down.padStart(11)}`;
