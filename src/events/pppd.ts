import { parseIpv4 } from '../ipv4.ts';
import type { LinkEvent, Session } from '../model.ts';
import { isDevice, numberOf } from './values.ts';

/** Environment as a hook sees it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The event behind a run of ip-up or ip-down, or undefined if the arguments name no device. pppd(8), SCRIPTS:
 * argv is device, tty, speed, local address, remote address, ipparam. The device comes from argv alone: IFNAME may
 * be gone in a deferred ip-down, and ipparam, PEERNAME and LINKNAME may be an unprivileged user's words.
 * In a deferred ip-down argv holds the next session's addresses and IPLOCAL those of the one that ended.
 */
export const parsePppd = (
  phase: 'up' | 'down',
  argv: readonly string[],
  env: Environment,
): LinkEvent | undefined => {
  const [device = '', , , argvLocal = ''] = argv;
  if (!isDevice(device)) return undefined;
  const address = [env.IPLOCAL ?? '', argvLocal].find((text) => parseIpv4(text) !== undefined);
  const pppd = numberOf(env.PPPD_PID);
  const session = phase === 'down' ? parseSession(env) : undefined;
  return {
    source: 'pppd',
    phase,
    device,
    ...(address === undefined || address === '0.0.0.0' ? {} : { address }),
    ...(pppd === undefined ? {} : { pppd }),
    ...(session === undefined ? {} : { session }),
  };
};

const parseSession = (env: Environment): Session | undefined => {
  const seconds = numberOf(env.CONNECT_TIME);
  const sent = numberOf(env.BYTES_SENT);
  const received = numberOf(env.BYTES_RCVD);
  if (seconds === undefined || sent === undefined || received === undefined) return undefined;
  return { seconds, sent, received };
};
