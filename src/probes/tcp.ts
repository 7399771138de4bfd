import { openBound } from './bound.ts';
import type { Probing, Running } from './probing.ts';
import { repeat } from './repeat.ts';

/** What the other end itself says: its answer has come over the line, though it is no. */
const REFUSED = 'Connection refused';

/** Probes by connecting. A port that refuses counts as an answer: the line is asked about, not the service. */
export const startTcp = (probing: Probing): Running => {
  const { order, address } = probing;
  const peer = { device: order.device, address, port: order.target.port ?? 0, timeout: order.timeout };
  return repeat(probing, (done) => {
    const connection = openBound(peer, {
      onConnected: (rtt) => done({ rtt }),
      onRefused: (cause, rtt) => done(cause === REFUSED ? { rtt } : { cause }),
      onEnd: (reason) => done(reason === undefined ? {} : { unknown: reason }),
    });
    return connection.kill;
  });
};
