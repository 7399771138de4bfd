import type { createColors } from '../../../src/report/colors.ts';
import type { TrafficReport } from '../lab/traffic.ts';
import { beganOn, endedOn, type Loss, lossOf, stayedOn } from './loss.ts';

/** Who was who. */
export type Story = {
  readonly dsl1: string;
  readonly dsl2: string;
  readonly redialled: string;
};

/** What was sent: all the time, by the phone, and after dsl1 was back. */
export type Reports = {
  readonly flows: TrafficReport;
  readonly phone: TrafficReport;
  readonly later: TrafficReport;
};

/** The end of the demonstration: a table of what the flows lost, and what became of them. */
export const summarize = (
  { flows, phone, later }: Reports,
  { dsl1, dsl2, redialled }: Story,
  paint: ReturnType<typeof createColors>,
): string => {
  const [hungUp, other] = [beganOn(flows, dsl1), beganOn(flows, dsl2)];
  return [
    paint.dim(row('flows', 'flows', 'packets', 'lost up', 'lost down')),
    lossRow('that began on dsl1', lossOf(hungUp, flows)),
    lossRow('that began on dsl2', lossOf(other, flows)),
    lossRow('of the phone', lossOf(phone.flows, phone)),
    '',
    `dsl1 hung up: ${endedOn(hungUp, dsl2)} of its ${hungUp.length} flows went on over dsl2,`,
    `and ${stayedOn(other, dsl2)} of the ${other.length} on dsl2 never left it.`,
    `dsl1 came back: it has ${endedOn(later.flows, redialled)} of the ${later.flows.length} new flows, from ${redialled}.`,
    `The phone was silent meanwhile: dsl2 got ${packetsFrom(phone, dsl2)} of its packets.`,
    '',
    'Up, a flow loses the packets with which it changes lines: masquerade',
    'drops them and starts anew. Down, it loses the echoes that were sent to',
    'an address that is gone; the slower this machine, the more of them.',
  ].join('\n');
};

/** At most so many: what was lost between the first and the last of a stretch is counted too. */
const packetsFrom = ({ flows }: TrafficReport, source: string): number =>
  flows
    .flatMap(({ carriers }) => carriers.filter((carrier) => carrier.source === source))
    .reduce((sum, { first, last }) => sum + last - first + 1, 0);

const lossRow = (name: string, { flows, sent, lostUp, lostDown }: Loss): string =>
  row(name, `${flows}`, `${sent}`, `${lostUp}`, `${lostDown}`);

const row = (name: string, flows: string, sent: string, up: string, down: string): string =>
  `${name.padEnd(20)}${flows.padStart(6)}${sent.padStart(9)}${up.padStart(9)}${down.padStart(11)}`;
