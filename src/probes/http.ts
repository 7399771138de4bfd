import { request } from 'node:http';
import { isIP } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { Target } from '../model.ts';
import { stripControl } from '../system/strip-control.ts';
import { openBound, type TcpPeer } from './bound.ts';
import type { Probing, Running } from './probing.ts';
import { type Finding, repeat } from './repeat.ts';

/** Most characters of what a remote server or a library says. */
const CAUSE_LIMIT = 200;

/** Where web servers listen (RFC 9110, 4.2.1). */
const HTTP_PORT = 80;

/**
 * Probes by asking a web server; the head of its answer is enough, and a redirect is not followed. The certificate of
 * an https server must be valid for the name: somebody in between who answers for it is no answer.
 */
export const startHttp = (probing: Probing): Running => {
  const { order, address } = probing;
  const { target, device } = order;
  const url = new URL(target.url ?? `http://${target.host}/`);
  const peer = { device, address, port: target.port ?? HTTP_PORT, timeout: order.timeout };
  return repeat(probing, (done) => ask(peer, url, target, done));
};

const ask = (peer: TcpPeer, url: URL, target: Target, done: (finding: Finding) => void): (() => void) => {
  let began = performance.now();
  const stream = openStream(peer, done, () => {
    began = performance.now();
  });
  const asking = request({
    createConnection: () => (url.protocol === 'https:' ? secure(stream, url.hostname) : stream),
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, 'user-agent': 'mlb-hooks', accept: '*/*', connection: 'close' },
  });
  asking.once('response', ({ statusCode = 0 }) => {
    const rtt = performance.now() - began;
    done(isWanted(statusCode, target) ? { rtt } : { cause: `status ${statusCode}` });
  });
  asking.on('error', ({ message }) => done({ cause: stripControl(message, CAUSE_LIMIT) }));
  asking.end();
  return () => {
    asking.destroy();
    stream.destroy();
  };
};

const isWanted = (status: number, target: Target): boolean =>
  target.status === undefined ? status >= 200 && status < 400 : status === target.status;

/** An address has no name to ask the server for (RFC 6066, 3). */
const secure = (stream: Duplex, host: string): Duplex =>
  connect({ socket: stream, host, servername: isIP(host) === 0 ? host : '' });

/** A connection as a stream for Node's own protocols. */
const openStream = (peer: TcpPeer, done: (finding: Finding) => void, onOpening: () => void): Duplex => {
  const connection = openBound(
    peer,
    {
      onOpening,
      onOutput: (chunk) => stream.push(chunk),
      onRefused: (cause) => done({ cause }),
      onEnd: (reason) => {
        if (reason !== undefined) done({ unknown: reason });
        else stream.push(null);
      },
    },
    true,
  );
  const stream: Duplex = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, written) => {
      connection.write(chunk);
      written();
    },
    destroy: (_error, destroyed) => {
      connection.kill();
      destroyed(null);
    },
  });
  return stream;
};
