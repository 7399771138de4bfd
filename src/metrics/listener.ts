import { createServer, type RequestListener, type Server } from 'node:http';
import { messageOf } from '../errors.ts';
import { codeOf } from '../system/run-dir.ts';
import { stripControl } from '../system/strip-control.ts';

/** A server of metrics. */
export interface MetricsListener {
  /** Gives the port back, ends all connections. */
  readonly stop: () => Promise<void>;
}

/** Seconds until an address that somebody else has is tried again. */
const RETRY = 30;

/** A scraper needs one connection and milliseconds; whoever else is there must not take memory or descriptors. */
const MOST_CONNECTIONS = 16;
const MOST_HEADERS = 50;
const HEADER_BYTES = 8192;
const TIMES = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 5000 } as const;
const IDLE = 5000;

/**
 * Serves `render`'s text at /metrics of `address` (`127.0.0.1:9917`, `[::1]:9917`). An address that cannot be had is
 * said once to `onProblem` and tried again every `retrySeconds`; nothing that happens here ends the process.
 */
export const startListener = (options: {
  readonly address: string;
  readonly render: () => string;
  readonly onProblem: (text: string) => void;
  readonly retrySeconds?: number;
}): MetricsListener => {
  const { address, onProblem, retrySeconds = RETRY } = options;
  const server = createServer({ ...TIMES, maxHeaderSize: HEADER_BYTES }, answer(options));
  server.maxConnections = MOST_CONNECTIONS;
  server.maxHeadersCount = MOST_HEADERS;
  server.setTimeout(IDLE);
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;
  let known = '';
  const fail = (thrown: unknown): void => {
    if (stopped) return;
    const text = problemOf(address, thrown);
    if (text !== known) onProblem(text);
    known = text;
    clearTimeout(retry);
    if (!server.listening) retry = setTimeout(listen, retrySeconds * 1000);
  };
  const listen = (): void => {
    try {
      server.listen(placeOf(address));
    } catch (thrown) {
      fail(thrown);
    }
  };
  server.on('error', fail);
  server.on('listening', () => {
    known = '';
    // Told to stop before it had begun.
    if (stopped) server.close();
  });
  listen();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(retry);
      return close(server);
    },
  };
};

type Answer = Pick<Parameters<typeof startListener>[0], 'render' | 'onProblem'>;

const answer =
  ({ render, onProblem }: Answer): RequestListener =>
  ({ method, url }, response) => {
    const reply = (status: number, text: string, headers = {}): void => {
      const length = { 'content-length': Buffer.byteLength(text) };
      response.writeHead(status, { ...ALWAYS, ...length, ...headers });
      response.end(text);
    };
    const path = url?.split('?')[0];
    if (path !== '/' && path !== '/metrics') return reply(404, 'not found; metrics are at /metrics\n');
    if (method !== 'GET') return reply(405, 'GET only\n', { allow: 'GET' });
    if (path === '/') return reply(200, 'mlb-hooks: metrics for Prometheus are at /metrics\n');
    try {
      reply(200, render(), { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    } catch (thrown) {
      onProblem(`metrics: ${stripControl(messageOf(thrown))}`);
      reply(500, 'no metrics; the log of mlb-hooks says why\n');
    }
  };

/** One request a connection: a client that asks without end would else keep us from everything more important. */
const ALWAYS = { 'content-type': 'text/plain; charset=utf-8', connection: 'close' } as const;

/** Of `127.0.0.1:9917` or `[::1]:9917`. */
const placeOf = (address: string): { host: string; port: number } => {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
};

const problemOf = (address: string, thrown: unknown): string => {
  const remedy = REMEDY[codeOf(thrown) ?? ''] ?? 'name another address in metrics-listen of [monitor]';
  return `${address}: metrics are not served: ${stripControl(messageOf(thrown))}; ${remedy}`;
};

const REMEDY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'end what listens there (see: ss -ltnp), or name another port in metrics-listen of [monitor]',
  EADDRNOTAVAIL: 'name an address of this host in metrics-listen of [monitor]',
  EACCES: 'name a port above 1023 in metrics-listen of [monitor]',
};

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
