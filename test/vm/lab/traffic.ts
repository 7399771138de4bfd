import { join } from 'node:path';
import type { Background, Lab } from './boot.ts';
import { GUEST_DIR } from './host.ts';
import { inNamespace, NET } from './network.ts';
import { waitUntil } from './uplinks.ts';

/** What to send: `flows` source ports from `firstPort` on, a packet each per `intervalMs`, until `durationMs` or `stop`. */
export type TrafficOptions = {
  readonly flows?: number;
  readonly intervalMs?: number;
  readonly durationMs?: number;
  readonly firstPort?: number;
};

/** First and last sequence number. */
export type Range = readonly [first: number, last: number];

/** One flow's fate. `carriers`: the source address that the server saw, hence the uplink, for each stretch of packets. */
export type FlowReport = {
  readonly port: number;
  /** Sent, but never seen by the server. */
  readonly lostUp: readonly Range[];
  /** Seen by the server, but its echo never came back. */
  readonly lostDown: readonly Range[];
  readonly carriers: readonly { readonly source: string; readonly first: number; readonly last: number }[];
};

/** Packet n of each flow left at `startedAt` (ms, guest's clock) + n * `intervalMs`. `sent` is per flow; the losses are sums over all. */
export type TrafficReport = {
  readonly startedAt: number;
  readonly intervalMs: number;
  readonly sent: number;
  readonly lostUp: number;
  readonly lostDown: number;
  readonly flows: readonly FlowReport[];
};

/** What the server got in one second, by source address. */
export type Second = Readonly<
  Record<string, { readonly packets: number; readonly flows: readonly number[] }>
>;

export type Traffic = {
  /** The whole seconds so far, counted from the first packet. */
  seconds(): Promise<readonly Second[]>;
  /** Stops sending, waits half a second for late echoes, and tells what was lost. */
  stop(): Promise<TrafficReport>;
  /** The same after `durationMs`. */
  finished(): Promise<TrafficReport>;
};

type ServerFlow = {
  flow: number;
  received: number[];
  carriers: { source: string; first: number; last: number }[];
};
type ClientResult = { startedAt: number; sent: number; flows: { port: number; echoed: number[] }[] };

let started = 0;

/**
 * Starts UDP flows from the LAN's client to the provider's server, which echoes them; resolves when the first packets are out.
 * The flows' ports must be new ones when connection tracking must not remember them. Several may run at once.
 */
export const startTraffic = async (lab: Lab, options: TrafficOptions = {}): Promise<Traffic> => {
  started += 1;
  const { flows = 8, intervalMs = 20, durationMs = 600_000, firstPort = 40_000 + started * 100 } = options;
  const at = { address: NET.server, port: 7000 + started };
  const [serverReady, ready] = [`/run/lab-server-${started}`, `/run/lab-client-${started}`];
  const live = `/run/lab-live-${started}`;
  const [server, client] = await Promise.all([
    script(lab, 'isp', 'traffic-server.mjs', { ...at, ready: serverReady, live }),
    script(lab, 'lan', 'traffic-client.mjs', {
      ...at,
      serverReady,
      ready,
      flows,
      firstPort,
      intervalMs,
      durationMs,
    }),
  ]);
  await waitUntil(lab, `[ -e ${ready} ]`);

  const finished = async (): Promise<TrafficReport> => {
    const sending = JSON.parse((await client.wait()).stdout) as ClientResult;
    await server.kill();
    const seen = JSON.parse((await server.wait()).stdout) as ServerFlow[];
    return reportOf(sending, seen, intervalMs);
  };
  return {
    finished,
    seconds: async () => (JSON.parse(await lab.readFile(live)) as Second[]).slice(0, -1),
    stop: async () => {
      await client.kill();
      return finished();
    },
  };
};

const script = (lab: Lab, namespace: 'isp' | 'lan', name: string, argument: unknown): Promise<Background> =>
  lab.background([
    ...inNamespace(namespace, process.execPath).split(' '),
    join(GUEST_DIR, name),
    JSON.stringify(argument),
  ]);

const reportOf = (
  { startedAt, sent, flows }: ClientResult,
  seen: readonly ServerFlow[],
  intervalMs: number,
): TrafficReport => {
  const reports = flows.map(({ port, echoed }, index): FlowReport => {
    const atServer = seen.find(({ flow }) => flow === index);
    const received = new Set(atServer?.received);
    const back = new Set(echoed);
    const all = Array.from({ length: sent }, (_, sequence) => sequence);
    return {
      port,
      lostUp: rangesOf(all.filter((sequence) => !received.has(sequence))),
      lostDown: rangesOf(all.filter((sequence) => received.has(sequence) && !back.has(sequence))),
      carriers: atServer?.carriers ?? [],
    };
  });
  const total = (of: (report: FlowReport) => readonly Range[]): number =>
    reports.flatMap(of).reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return {
    startedAt,
    intervalMs,
    sent,
    lostUp: total((flow) => flow.lostUp),
    lostDown: total((flow) => flow.lostDown),
    flows: reports,
  };
};

const rangesOf = (sequences: readonly number[]): readonly Range[] => {
  const ranges: [number, number][] = [];
  for (const sequence of sequences) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === sequence - 1) last[1] = sequence;
    else ranges.push([sequence, sequence]);
  }
  return ranges;
};
