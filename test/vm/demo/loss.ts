import type { FlowReport, Range, TrafficReport } from '../lab/traffic.ts';

/** Flows that began on one line: how many, what they sent and what never arrived, up and down. */
export type LineLoss = {
  readonly flows: number;
  readonly sent: number;
  readonly lostUp: number;
  readonly lostDown: number;
};

/** What the flows lost that began with this source address, hence on this line. */
export const lossOf = ({ flows, sent }: TrafficReport, source: string): LineLoss => {
  const own = flows.filter(({ carriers }) => carriers[0]?.source === source);
  const sum = (of: (flow: FlowReport) => readonly Range[]): number =>
    own.flatMap(of).reduce((total, range) => total + lengthOf(range), 0);
  return {
    flows: own.length,
    sent: own.length * sent,
    lostUp: sum((flow) => flow.lostUp),
    lostDown: sum((flow) => flow.lostDown),
  };
};

/**
 * How many of the lost packets, both ways, belong to the return to `source`: those nearer to the first packet that
 * came from there than to the change before it. By sequence numbers, because a slow machine sends late.
 */
export const lostAtReturn = ({ flows }: TrafficReport, source: string): number =>
  flows.reduce((total, { carriers, lostUp, lostDown }) => {
    const position = carriers.findIndex((carrier) => carrier.source === source);
    const [before, after] = [carriers[position - 1], carriers[position]];
    if (before === undefined || after === undefined) return total;
    const boundary = Math.ceil((before.first + after.first) / 2);
    return [...lostUp, ...lostDown].reduce(
      (sum, [first, last]) => sum + Math.max(0, last - Math.max(first, boundary) + 1),
      total,
    );
  }, 0);

const lengthOf = ([first, last]: Range): number => last - first + 1;
