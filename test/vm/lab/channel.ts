import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { LabError } from './host.ts';

/** How a command in the guest ended. `ms` is its running time in the guest; `code` is null when a signal ended it. */
export type Exit = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
  readonly timedOut: boolean;
};

/** A request to guest/agent.mjs, which documents them. */
export type Request =
  | {
      op: 'start';
      command: string | readonly string[];
      env?: Readonly<Record<string, string>> | undefined;
      input?: string | undefined;
      timeoutMs?: number | undefined;
    }
  | { op: 'signal'; pid: number; signal: string }
  | { op: 'read'; path: string }
  | { op: 'write'; path: string; text: string; mode?: number | undefined };

type Message = { ready?: true; id?: number; ok?: unknown; error?: string; pid?: number; exit?: Exit };
type Waiting = { onAnswer: (message: Message) => void; onLost: (error: Error) => void };

/** The host's side of the line to the agent. Any number of requests may be under way. */
export type Channel = {
  readonly ready: Promise<void>;
  /** `read` and `write` and `signal`: resolves with the answer, rejects when the guest could not do it. */
  request(request: Request): Promise<unknown>;
  /** `start`: `pid` once it runs, `exit` when it has ended. */
  start(request: Request & { op: 'start' }): { pid: Promise<number>; exit: Promise<Exit> };
  /** Fails everything that waits, and everything asked for later. */
  lose(reason: string): void;
};

/** Speaks JSON lines over `stream`. */
export const openChannel = (stream: Duplex): Channel => {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let lost: Error | undefined;
  const ready = defer<void>();
  // Nobody may be looking yet when the guest dies early.
  ready.promise.catch(() => {});

  const ask = (request: Request, entry: Waiting): void => {
    if (lost !== undefined) {
      entry.onLost(lost);
      return;
    }
    last += 1;
    waiting.set(last, entry);
    stream.write(`${JSON.stringify({ id: last, ...request })}\n`);
  };

  const receive = (message: Message): void => {
    if (message.ready) ready.resolve();
    const entry = waiting.get(message.id ?? 0);
    // A started command answers twice: first with its pid.
    if (message.pid === undefined) waiting.delete(message.id ?? 0);
    entry?.onAnswer(message);
  };

  createInterface({ input: stream }).on('line', (line) => receive(JSON.parse(line) as Message));
  // What the stream has to say about its end is told by whoever watches QEMU, through `lose`.
  stream.on('error', () => {});

  return {
    ready: ready.promise,
    request: (request) =>
      new Promise((resolve, reject) => {
        const onAnswer = ({ ok, error }: Message): void =>
          error === undefined ? resolve(ok) : reject(new LabError(`in the guest: ${error}`));
        ask(request, { onAnswer, onLost: reject });
      }),
    start: (request) => {
      const pid = defer<number>();
      const exit = defer<Exit>();
      pid.promise.catch(() => {});
      const onAnswer = (message: Message): void => {
        if (message.pid !== undefined) pid.resolve(message.pid);
        if (message.exit !== undefined) exit.resolve(message.exit);
      };
      const onLost = (error: Error): void => {
        pid.reject(error);
        exit.reject(error);
      };
      ask(request, { onAnswer, onLost });
      return { pid: pid.promise, exit: exit.promise };
    },
    lose: (reason) => {
      lost ??= new LabError(reason);
      ready.reject(lost);
      for (const { onLost } of waiting.values()) onLost(lost);
      waiting.clear();
    },
  };
};

type Deferred<T> = { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void };

const defer = <T>(): Deferred<T> => {
  const handlers: Partial<Deferred<T>> = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(handlers, { resolve, reject }));
  return { promise, ...handlers } as Deferred<T>;
};
