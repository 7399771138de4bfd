import { HANDLE } from '../config/constants.ts';
import type { Config, Memory, Qdisc, Settings, Uplink, UplinkState } from '../model.ts';

/** The qdisc trees of the uplinks whose device is there; none where this kernel lacks a kind that it takes. */
export const computeQdiscs = (config: Config, states: readonly UplinkState[], memory: Memory): Qdisc[] =>
  states.flatMap(({ uplink, link }) => {
    if (link === undefined) return [];
    const tree = computeTree(uplink, link.mtu, config.settings);
    return tree.some(({ kind }) => memory.missingQdiscs.includes(kind)) ? [] : tree;
  });

/**
 * The tree of one uplink, root first. A rate limit goes above it, because a queue that is not the bottleneck
 * schedules nothing; cake shapes by itself.
 */
const computeTree = (uplink: Uplink, mtu: number, settings: Settings): Qdisc[] => {
  const { device, qdisc, upload } = uplink;
  if (qdisc === 'none') return [];
  if (qdisc === 'cake') {
    // 0 is cake's "unlimited": to be said, because leaving it out would keep an earlier limit.
    const options = { bandwidth: upload === undefined ? 0 : bytes(upload) };
    return [{ device, parent: 'root', handle: HANDLE.root, kind: 'cake', options }];
  }
  const limit = upload === undefined ? [] : [computeLimit(device, bytes(upload), mtu)];
  const place =
    upload === undefined
      ? { device, parent: 'root', handle: HANDLE.root }
      : { device, parent: `${HANDLE.root}1`, handle: HANDLE.prio };
  if (qdisc === 'fq_codel') return [...limit, { ...place, kind: 'fq_codel', options: {} }];
  const bands = HANDLE.bands.map((handle, band) => ({
    device,
    parent: `${place.handle}${band + 1}`,
    handle,
    kind: 'sfq',
    options: { perturb: settings.sfqPerturb },
  }));
  return [...limit, { ...place, kind: 'prio', options: { bands: HANDLE.bands.length } }, ...bands];
};

/**
 * A token bucket. The bucket holds what the rate sends in 4 ms, the longest a timer tick takes (HZ=250), and
 * never less than two full packets, or none would ever pass (tc-tbf(8)). Latency bounds tbf's own queue, which
 * the qdisc below it replaces.
 */
const computeLimit = (device: string, rate: number, mtu: number): Qdisc => {
  const burst = Math.max(Math.ceil(rate / 250), 2 * (mtu + LINK_HEADER));
  return { device, parent: 'root', handle: HANDLE.root, kind: 'tbf', options: { rate, burst, latency: 50 } };
};

/** Ethernet header with a VLAN tag, bytes. */
const LINK_HEADER = 18;

/** tc(8) keeps rates in whole bytes per second. */
const bytes = (bits: number): number => Math.floor(bits / 8);
