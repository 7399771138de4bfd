import { GATEWAY_TARGET } from '../config/constants.ts';
import { type Following, followAddress } from './address.ts';
import { startDns } from './dns.ts';
import { startHttp } from './http.ts';
import { startPing } from './ping.ts';
import type { ProbeOrder, Probing, Running } from './probing.ts';
import { startTcp } from './tcp.ts';

export type { ProbeOrder } from './probing.ts';

/** So many failures in a row, and again as many, let us look whether the name has another address now. */
const HANDFUL = 5;

const NO_GATEWAY =
  'no gateway is known to probe; write targets for the uplink, or set its gateway in /etc/mlb-hooks/config.toml';

/** How each kind of target is probed. */
const KINDS: Readonly<Record<ProbeOrder['target']['kind'], (probing: Probing) => Running>> = {
  ping: startPing,
  tcp: startTcp,
  dns: startDns,
  http: startHttp,
};

/**
 * Probes one target through one device until it is stopped, every `interval` seconds, and tells every result once.
 * What our own side cannot do is told to `onUnknown` instead, and tried again. Never throws, never waits; nothing is
 * called back before this has returned.
 */
export const startProber = (order: ProbeOrder): Running => {
  const { target } = order;
  const host = target.host === GATEWAY_TARGET ? order.gateway : target.host;
  if (host === undefined) {
    const telling = setImmediate(order.onUnknown, NO_GATEWAY);
    return { stop: () => clearImmediate(telling) };
  }
  let probes: Running | undefined;
  let failures = 0;
  let stopped = false;
  /** What is unknown for now, so that it is told once and not at every attempt. */
  let unknown: string | undefined;

  const onResult: Probing['onResult'] = (result) => {
    if (stopped) return;
    unknown = undefined;
    failures = result.rtt === undefined ? failures + 1 : 0;
    order.onResult({ target: target.text, ...result });
    if (failures > 0 && failures % HANDFUL === 0) following.suspect();
  };
  const onUnknown = (reason: string): void => {
    if (stopped || reason === unknown) return;
    unknown = reason;
    order.onUnknown(reason);
  };
  const onAddress = (address: string): void => {
    probes?.stop();
    probes = KINDS[target.kind]({ order, address, onResult, onUnknown });
  };
  const following: Following = followAddress(host, { onAddress, onUnknown });
  return {
    stop: () => {
      stopped = true;
      following.stop();
      probes?.stop();
    },
  };
};
