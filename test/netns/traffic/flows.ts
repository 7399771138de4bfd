import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Sandbox } from '../sandbox.ts';

/** What arrived: sequence numbers by flow, then by the source address that the server saw. */
export type Arrived = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/** A script that answers lines with lines of JSON. */
export interface Talker {
  /** Sends a line, an empty one if none is given, and waits for the answer. */
  readonly ask: (line?: string) => Promise<unknown>;
  /** The next answer without asking. */
  readonly next: () => Promise<unknown>;
}

/** The server's counter, running once this resolves. */
export interface Sink {
  /** What has arrived since the last call. */
  readonly arrived: () => Promise<Arrived>;
}

/** The command that runs one of the scripts beside this file. */
export const script = (name: string): string => `${process.execPath} ${import.meta.dirname}/${name}.mjs`;

/** Counts on `PORT` in a namespace, or on the router itself if none is named. */
export const startSink = async (box: Sandbox, namespace?: string): Promise<Sink> => {
  const talker = await startTalker(box, `exec ${inside(namespace)}${script('sink')} ${PORT}`);
  return { arrived: async () => (await talker.ask()) as Arrived };
};

/** UDP flows from the LAN to as many addresses of the server, one packet of each every `interval` milliseconds. */
export const startSource = (box: Sandbox, flows: number, interval: number): Promise<Talker> =>
  startTalker(box, `exec ${inside('lan')}${script('source')} 10.99 ${PORT} ${flows} ${interval}`);

/** Sends some packets of each flow and waits until all are sent. */
export const sendFlows = (
  box: Sandbox,
  flows: number,
  packets = 1,
  namespace: string | undefined = 'lan',
): void => {
  box.sh(`${inside(namespace)}${script('source')} 10.99 ${PORT} ${flows} 2 ${packets}`);
};

/** A shell command for one TCP connection; prints the address that the server saw. See connect.mjs. */
export const connectCommand = (host: string, local = '', namespace?: string): string =>
  `${inside(namespace)}${script('connect')} ${host} ${PORT} ${local}`;

/** The port of everything here. */
export const PORT = 7007;

/** How many of `flows` new flows from the LAN leave by each address; one that is lost counts nowhere. */
export const sharesOf = async (box: Sandbox, sink: Sink, flows: number): Promise<Record<string, number>> => {
  await sink.arrived();
  sendFlows(box, flows);
  const shares: Record<string, number> = {};
  for (const addresses of Object.values(await sink.arrived()))
    for (const address of Object.keys(addresses)) shares[address] = (shares[address] ?? 0) + 1;
  return shares;
};

/**
 * Opens `count` connections from the router itself, each to another address of the server below `prefix`, and
 * returns the addresses that the server saw; one that failed is ''.
 */
export const connectOften = (box: Sandbox, count: number, prefix = '10.99.0'): string[] =>
  box
    .sh(
      `for n in $(seq ${count}); do
         echo "$(timeout 2 bash -c "exec 3<>/dev/tcp/${prefix}.$n/${PORT}; head -1 <&3" 2>/dev/null)"
       done`,
    )
    .trimEnd()
    .split('\n');

/** How many of the `sent` packets of each flow did not arrive. */
export const lostPerFlow = (arrived: Arrived, flows: number, sent: number): number[] =>
  Array.from({ length: flows }, (_, flow) => {
    const sequences = new Set(Object.values(arrived[flow] ?? {}).flat());
    return sent - sequences.size;
  });

/** What a command is prefixed with to run in a namespace, or on the router itself if none is named. */
export const inside = (namespace: string | undefined): string =>
  namespace === undefined ? '' : `ip netns exec ${namespace} `;

/** Starts a command that answers lines, and waits until it says that it is ready. */
export const startTalker = async (box: Sandbox, command: string): Promise<Talker> => {
  const child = box.start(command);
  const lines = linesOf(child);
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${command}: ended without an answer`);
    return JSON.parse(value);
  };
  await next();
  return {
    next,
    ask: (line = '') => {
      child.stdin?.write(`${line}\n`);
      return next();
    },
  };
};

const linesOf = (child: ChildProcess): AsyncIterator<string> => {
  if (child.stdout === null) throw new Error('no stdout to read');
  child.stderr?.pipe(process.stderr);
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
};
