/**
 * The uplinks of a lab, and the other end of each at the provider, which drops packets whose source is not the
 * uplink's own (BCP 38) and counts them.
 */

/**
 * `ptp`: point-to-point, all with one peer address, as PPPoE lines of one provider have. `ethernet`: a subnet and a
 * gateway of its own. `shared`: ethernet, all with one subnet and one gateway.
 */
export type Kind = 'ptp' | 'ethernet' | 'shared';

/** What a test says of an uplink; its id is its place in the list, from 1. */
export interface UplinkSpec {
  readonly kind?: Kind;
  readonly weight?: number;
  readonly tier?: number;
  /** Further lines of its [[uplink]] table. */
  readonly toml?: string;
}

/** An uplink as it is wired: device wN is its end, iN the provider's. */
export interface Wired {
  readonly id: number;
  /** Its name in the configuration: line1, line2, … */
  readonly name: string;
  readonly device: string;
  readonly other: string;
  readonly address: string;
  /** Gateway or peer. */
  readonly gateway: string;
  readonly weight: number;
  readonly tier: number;
  /** Commands that make the pair of devices, the provider's end ready. */
  readonly make: string;
  /** Commands that bring our end up, as a dialler or ifup would. */
  readonly bringUp: string;
  readonly toml: string;
}

/** Peer of every `ptp` uplink; another kind's gateway is in Wired. */
export const PEER = '10.64.0.1';

/** The uplinks of the facts: two point-to-point ones with one peer, and an ethernet; weights 1, 2, 3. */
export const THREE: readonly UplinkSpec[] = [
  { kind: 'ptp', weight: 1 },
  { kind: 'ptp', weight: 2 },
  { kind: 'ethernet', weight: 3 },
];

/** Wires the uplinks that a test asks for. */
export const wire = (specs: readonly UplinkSpec[]): Wired[] => specs.map(wireOne);

const wireOne = (spec: UplinkSpec, n: number): Wired => {
  const { kind = 'ethernet', weight = 1, tier = 1 } = spec;
  const { address, gateway, here, there } = ADDRESSES[kind](n);
  const [device, other, name] = [`w${n}`, `i${n}`, `line${n + 1}`];
  return {
    id: n + 1,
    name,
    device,
    other,
    address,
    gateway,
    weight,
    tier,
    make: `ip link add ${device} type veth peer name ${other} netns isp
      ip -n isp link set ${other} up
      ${there(other)}`,
    bringUp: `ip addr add ${here} dev ${device}; ip link set ${device} up`,
    toml: `
[[uplink]]
id = ${n + 1}
name = "${name}"
device = "${device}"
weight = ${weight}
tier = ${tier}
qdisc = "none"
${kind === 'ptp' ? '' : `gateway = "${gateway}"`}
${spec.toml ?? ''}
`,
  };
};

interface Addresses {
  readonly address: string;
  readonly gateway: string;
  /** Our end's address as `ip addr add` takes it. */
  readonly here: string;
  /** Commands for the provider's end. */
  readonly there: (other: string) => string;
}

const ADDRESSES: Readonly<Record<Kind, (n: number) => Addresses>> = {
  ptp: (n) => {
    const address = `10.64.0.${10 + n}`;
    return {
      address,
      gateway: PEER,
      here: `${address} peer ${PEER}/32`,
      there: (other) => `ip -n isp addr add ${PEER} peer ${address}/32 dev ${other}`,
    };
  },
  ethernet: (n) => ({
    address: `10.65.${n}.2`,
    gateway: `10.65.${n}.1`,
    here: `10.65.${n}.2/24`,
    there: (other) => `ip -n isp addr add 10.65.${n}.1/24 dev ${other}`,
  }),
  shared: (n) => ({
    address: `10.66.0.${10 + n}`,
    gateway: '10.66.0.1',
    here: `10.66.0.${10 + n}/24`,
    there: (other) => `ip -n isp addr add 10.66.0.1 peer 10.66.0.${10 + n}/32 dev ${other}`,
  }),
};
