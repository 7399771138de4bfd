import { PROBE_MARK } from '../config/constants.ts';
import { type Started, startTool } from '../system/start-tool.ts';
import { stripControl } from '../system/strip-control.ts';
import { makeLineCutter } from './lines.ts';
import { elapsed, readSocat, type SocatEvent } from './socat-text.ts';

/** The other end of a connection, and the device that it leaves by. */
export interface Peer {
  readonly device: string;
  readonly address: string;
  readonly port: number;
}

/** A peer to connect to, in so many seconds. */
export interface TcpPeer extends Peer {
  readonly timeout: number;
}

/** Who hears of a connection. */
export interface BoundListener {
  /** socat has started and begins to connect. */
  readonly onOpening?: () => void;
  readonly onOutput?: (chunk: Buffer) => void;
  /** Connected, after so many milliseconds. */
  readonly onConnected?: (took: number) => void;
  /** The network said no, after so many milliseconds: errno in words. */
  readonly onRefused: (cause: string, took: number) => void;
  /** Closed by the other end, or by what is wrong with this machine: `reason` then. */
  readonly onEnd: (reason: string | undefined) => void;
}

/**
 * Socket level and number of SO_MARK on all architectures but parisc and sparc (asm-generic/socket.h). The option that
 * is named for listening sockets is the one that is set before connecting: with `setsockopt-int` the first packet would
 * be without the mark. `i`: an int in the machine's order of bytes.
 */
const MARK = `setsockopt-listen=1:36:i${PROBE_MARK}`;

/** socat's address of a peer, by way of the device alone. */
const socatAddress = (protocol: 'TCP4' | 'UDP4-CONNECT', { device, address, port }: Peer): string =>
  `${protocol}:${address}:${port},so-bindtodevice=${literal(device)},${MARK}`;

export const udpAddress = (peer: Peer): string => socatAddress('UDP4-CONNECT', peer);

/** It is ended by us before, unless we were killed. */
const tcpAddress = (peer: TcpPeer): string =>
  `${socatAddress('TCP4', peer)},connect-timeout=${peer.timeout + GRACE}`;

/** Seconds. */
const GRACE = 1;

/** Characters that mean something to socat are taken literally behind a backslash (socat(1), ADDRESS SPECIFICATIONS). */
const literal = (device: string): string => device.replace(/[^\w.@-]/g, '\\$&');

/**
 * Opens a TCP connection that is bound to a device, which Node cannot: socat carries it. The connection lives until it
 * is killed.
 */
export const openBound = (peer: TcpPeer, listener: BoundListener, input = false): Started => {
  const cut = makeLineCutter();
  let opened: number | undefined;
  let broken: string | undefined;

  const onEvent = (event: SocatEvent): void => {
    const took = opened === undefined ? 0 : elapsed(opened, event.at);
    if (event.kind === 'refused') listener.onRefused(stripControl(event.cause), took);
    else if (event.kind === 'broken') broken = stripControl(event.cause);
    else if (event.kind === 'connected') listener.onConnected?.(took);
    else {
      opened = event.at;
      listener.onOpening?.();
    }
  };
  return startTool(
    'socat',
    ['-d', '-d', '-lu', '-', tcpAddress(peer)],
    {
      onOutput: (chunk) => listener.onOutput?.(chunk),
      onError: (chunk) => {
        for (const event of readSocat(cut(chunk))) onEvent(event);
      },
      onEnd: ({ said, killed }) =>
        listener.onEnd(broken ?? (opened === undefined || killed ? said : undefined)),
    },
    { input },
  );
};
