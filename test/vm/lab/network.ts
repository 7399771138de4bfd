import type { Lab } from './boot.ts';

/** The lab's addresses and devices. Both PPPoE servers are one provider: the lines share the peer's address. */
export const NET = {
  peer: '10.64.0.1',
  server: '10.99.0.1',
  /** Name servers that the provider tells whoever asks for them with `usepeerdns`. */
  dns: '10.99.0.53',
  client: '10.0.16.5',
  lan: { device: 'lan0', address: '10.0.16.1' },
  cable: { device: 'eth2', address: '10.64.2.2', gateway: '10.64.2.1', isp: 'i2' },
} as const;

/** What else lives behind the client and behind the server: the addresses of `client(n)` and `server(n)`. */
const CLIENTS = '192.168.16.0/20';
const WORLD = '10.99.0.0/16';

/** A configuration for all three uplinks; the cable learns its gateway from ifup. */
export const CONFIG = `[[uplink]]
id = 1
name = "dsl1"
device = "ppp0"
weight = 2

[[uplink]]
id = 2
name = "dsl2"
device = "ppp1"

[[uplink]]
id = 3
name = "cable"
device = "eth2"
gateway = "10.64.2.1"
`;

/** A PPPoE line: pppd's device, the ethernet device under it, the provider's end of that, and the pool it is served from. */
export type Line = {
  readonly device: string;
  readonly nic: string;
  readonly isp: string;
  readonly pool: string;
};

export const LINES = {
  dsl1: { device: 'ppp0', nic: 'w0', isp: 'i0', pool: '10.64.10.10' },
  dsl2: { device: 'ppp1', nic: 'w1', isp: 'i1', pool: '10.64.11.10' },
} as const satisfies Record<string, Line>;

export type LineName = keyof typeof LINES;

/** An uplink's name in CONFIG. */
export type UplinkName = LineName | 'cable';

/** The uplink whose address this is, or was: each line has its own pool. */
export const uplinkOf = (address: string): UplinkName | undefined => {
  if (address === NET.cable.address) return 'cable';
  return LINE_NAMES.find((name) => address.startsWith(LINES[name].pool.replace(/\d+$/, '')));
};

const LINE_NAMES = ['dsl1', 'dsl2'] as const satisfies readonly LineName[];

/** Runs a shell line or program in one of the lab's namespaces, `isp` or `lan`. */
export const inNamespace = (namespace: 'isp' | 'lan', command: string): string =>
  `ip netns exec ${namespace} ${command}`;

const pairs = [
  ...Object.values(LINES).map(({ nic, isp }) => ({ router: nic, far: isp, namespace: 'isp' })),
  { router: NET.cable.device, far: NET.cable.isp, namespace: 'isp' },
  { router: NET.lan.device, far: 'eth0', namespace: 'lan' },
];

// One batch each: an `ip` process costs 60 ms here.
const ROUTER = [
  ...pairs.map(
    ({ router, far, namespace }) => `link add ${router} type veth peer name ${far} netns ${namespace}`,
  ),
  ...Object.values(LINES).map(({ nic }) => `link set ${nic} up`),
  `address add ${NET.lan.address}/24 dev ${NET.lan.device}`,
  `link set ${NET.lan.device} up`,
  `route add ${CLIENTS} via ${NET.client}`,
];
const ISP = [
  'link set lo up',
  ...Object.values(LINES).map(({ isp }) => `link set ${isp} up`),
  `address add ${NET.server}/32 dev lo`,
  `route add local ${WORLD} dev lo`,
  `address add ${NET.cable.gateway}/24 dev ${NET.cable.isp}`,
  `link set ${NET.cable.isp} up`,
];
const LAN = [
  'link set lo up',
  `address add ${NET.client}/24 dev eth0`,
  'link set eth0 up',
  `route add local ${CLIENTS} dev lo`,
  `route add default via ${NET.lan.address}`,
];

// Strict reverse-path filtering, as a provider does: a packet with another line's address is lost, and nobody says so.
const ISP_SYSCTLS = [
  'net.ipv4.conf.all.rp_filter=1',
  'net.ipv4.conf.default.rp_filter=1',
  'net.ipv4.ip_forward=1',
];
// Large socket buffers: a slow receiver must not look like a lossy network.
const ROUTER_SYSCTLS = [
  'net.ipv4.ip_forward=1',
  'net.core.rmem_max=8388608',
  'net.core.rmem_default=8388608',
];

const INTERFACES = `auto lo
iface lo inet loopback

iface ${NET.cable.device} inet static
  address ${NET.cable.address}/24
  gateway ${NET.cable.gateway}
`;

const SERVER_OPTIONS = `require-pap
lcp-echo-interval 20
lcp-echo-failure 3
nodefaultroute
noipv6
noccp
lcp-restart 1
ipcp-restart 1
ms-dns ${NET.dns}
`;

/**
 * Builds the network: the router is the guest itself, its providers live in the namespace `isp`, a client in `lan`.
 * No line is up afterwards, and nothing translates addresses: that is the product's work. Rejects with LabError when a command fails.
 *
 *     lan (10.0.16.5) -- lan0 [router] w0, w1 == PPPoE ==> isp (peer 10.64.0.1, server 10.99.0.1)
 *                                      eth2 -- 10.64.2.1 -^
 */
export const buildNetwork = async (lab: Lab): Promise<void> => {
  await Promise.all([
    lab.writeFile('/etc/network/interfaces', INTERFACES, 0o644),
    lab.writeFile('/etc/ppp/pap-secrets', 'x * y *\n', 0o600),
    lab.writeFile('/etc/ppp/chap-secrets', '', 0o600),
    // The provider's pppd must not run the router's hooks: `ip netns exec` mounts these over /etc.
    lab.writeFile('/etc/netns/isp/ppp/pap-secrets', 'x * y *\n', 0o600),
    lab.writeFile('/etc/netns/isp/ppp/options', '', 0o644),
    lab.writeFile('/etc/netns/isp/ppp/pppoe-server-options', SERVER_OPTIONS, 0o644),
    lab.run('ip netns add isp && ip netns add lan'),
    lab.run(`sysctl -qw ${ROUTER_SYSCTLS.join(' ')}`),
  ]);
  await lab.run('ip -batch -', { input: ROUTER.join('\n') });
  await Promise.all([
    lab.run('ip -n isp -batch -', { input: ISP.join('\n') }),
    lab.run('ip -n lan -batch -', { input: LAN.join('\n') }),
    lab.run(inNamespace('isp', `sysctl -qw ${ISP_SYSCTLS.join(' ')}`)),
  ]);
  await startServers(lab, LINE_NAMES);
};

/** Starts the PPPoE servers of these lines. */
export const startServers = async (lab: Lab, names: readonly LineName[]): Promise<void> => {
  const servers = names
    .map((name) => LINES[name])
    .map(({ isp, pool }) => `pppoe-server -I ${isp} -L ${NET.peer} -R ${pool} -N 50`);
  // /run of their own: the provider's pppds are ppp0 and ppp1 too, and would write the router's pid files.
  const commands = ['mount -t tmpfs tmpfs /run', ...servers].join(' && ');
  await lab.run(inNamespace('isp', `sh -c '${commands}'`));
};
