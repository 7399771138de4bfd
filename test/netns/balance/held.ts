/** Long transfers: what traffic/hold.mjs reports of them. */
import type { Talker } from '../traffic/flows.ts';
import type { Flow } from './flows.ts';

/** One long transfer since it began. */
export interface Report {
  readonly flow: Flow;
  /** The uplinks by which it was seen: a connection that keeps its uplink has one. */
  readonly seen: readonly string[];
  readonly sent: number;
  readonly answered: number;
  /** Longest time without an answer since the last question, in milliseconds. */
  readonly longest: number;
  /** Why it ended before its time; TCP only. */
  readonly error?: string;
}

export interface Held {
  /** Waits until what is on its way has arrived (a second at most), and tells how each transfer fares. */
  readonly ask: () => Promise<Report[]>;
  /** The same; then those that broke or moved are opened anew. */
  readonly renew: () => Promise<Report[]>;
}

/** Wraps the running script: addresses become the names of uplinks. */
export const held = (talker: Talker, flows: readonly Flow[], nameOf: (address: string) => string): Held => {
  const ask = async (line: string): Promise<Report[]> => {
    const reports = (await talker.ask(line)) as Omit<Report, 'flow'>[];
    return reports.flatMap((report, index) => {
      const flow = flows[index];
      return flow === undefined ? [] : [{ ...report, flow, seen: report.seen.map(nameOf) }];
    });
  };
  return { ask: () => ask(''), renew: () => ask('renew') };
};

/** Transfers that did not come through unharmed: broken, moved to another uplink, or with blocks lost for good. */
export const harmed = (reports: readonly Report[]): Report[] =>
  reports.filter(
    ({ seen, sent, answered, error }) => error !== undefined || seen.length !== 1 || answered < sent,
  );

/** A report in one line, for messages. */
export const showReport = ({ flow, seen, sent, answered, longest, error }: Report): string =>
  `${flow.protocol} ${flow.from ?? ''} to ${flow.to} by ${seen.join(', then ')}: ${answered} of ${sent}, longest ${longest} ms${error === undefined ? '' : `, ${error}`}`;
