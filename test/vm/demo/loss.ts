import type { FlowReport, Range, TrafficReport } from '../lab/traffic.ts';

/** What some flows sent, and what of it never arrived, up and down. */
export type Loss = {
  readonly flows: number;
  readonly sent: number;
  readonly lostUp: number;
  readonly lostDown: number;
};

/** What these flows of a report lost. */
export const lossOf = (flows: readonly FlowReport[], { sent }: Pick<TrafficReport, 'sent'>): Loss => {
  const sum = (of: (flow: FlowReport) => readonly Range[]): number =>
    flows.flatMap(of).reduce((total, [first, last]) => total + last - first + 1, 0);
  return {
    flows: flows.length,
    sent: flows.length * sent,
    lostUp: sum(({ lostUp }) => lostUp),
    lostDown: sum(({ lostDown }) => lostDown),
  };
};

/** The flows that began with this source address, hence on this line. */
export const beganOn = ({ flows }: TrafficReport, source: string): readonly FlowReport[] =>
  flows.filter(({ carriers }) => carriers[0]?.source === source);

/** How many of the flows the server got by that source address alone. */
export const stayedOn = (flows: readonly FlowReport[], source: string): number =>
  flows.filter(({ carriers }) => carriers.every((carrier) => carrier.source === source)).length;

/** How many of the flows ended with this source address. */
export const endedOn = (flows: readonly FlowReport[], source: string): number =>
  flows.filter(({ carriers }) => carriers.at(-1)?.source === source).length;
