/**
 * A lab to balance in: a router, as many uplinks as a test asks for, their provider (isp.ts, uplinks.ts), and a LAN
 * of many clients.
 *
 *   const lab = await labFor(t, { uplinks: THREE, settings: 'balance = "source"', policies: '[[policy]] …' });
 *   lab.uplinks[0].name                              // line1, on device w0; its address, gateway, id, …
 *   const seen = lab.connect(flows(300, { protocol: 'udp' }));     // from the LAN: by which uplink, for each
 *   sharesOf(seen)                                   // { line1: 49, line2: 103, line3: 148 }
 *   const long = await lab.hold(flows(20));          // long transfers; `await long.ask()` reports, see held.ts
 *   const counted = lab.watch('tcp dport 25');       // packets at the provider, per uplink: counted()
 *   lab.reconfigure({ …, uplinks: other }); lab.mlb('apply'); lab.lose(uplink); lab.restore(uplink); lab.entries(1)
 *
 * Addresses: the LAN is 192.168.7.0/24, its client .10 also has all of 192.168.16.0/20 (client(n)); the world is
 * 10.99.0.0/16 (server(n)), every port of it answers, and tells the address that a connection came from.
 */
import { makeBareRouter, type Router } from '../router.ts';
import type { Ran } from '../sandbox.ts';
import { inside, PORT, script, startTalker } from '../traffic/flows.ts';
import type { Flow } from './flows.ts';
import { type Held, held } from './held.ts';
import { makeIsp, type PerUplink, watchIsp, wrongSources } from './isp.ts';
import { type UplinkSpec, type Wired, wire } from './uplinks.ts';

/** What a test says of its lab. */
export interface Setup {
  readonly uplinks: readonly UplinkSpec[];
  /** Lines of [settings]. */
  readonly settings?: string;
  /** [[policy]] and [sets] tables. */
  readonly policies?: string;
}

export interface Lab extends Router {
  readonly uplinks: readonly Wired[];
  /** Opens connections from the LAN, or from the router itself; tells the uplink of each, or why it failed. */
  readonly connect: (flows: readonly Flow[], from?: From) => string[];
  /** Starts long transfers and waits until all are under way. */
  readonly hold: (flows: readonly Flow[], from?: From, interval?: number) => Promise<Held>;
  readonly watch: (...matches: readonly string[]) => () => PerUplink;
  readonly wrongSources: () => PerUplink;
  readonly reconfigure: (setup: Setup) => void;
  /** `mlb-hooks apply`, which must succeed. */
  readonly apply: () => void;
  /** Destroys the device and runs the hook of a link that went. */
  readonly lose: (uplink: Wired) => void;
  /** Makes the device again and runs the hook of a link that came. */
  readonly restore: (uplink: Wired) => void;
  /** Starts servers (traffic/world.mjs) in a namespace, or on the router itself, beside those of the world. */
  readonly serve: (namespace?: string) => Promise<void>;
  /** The hook that pppd would run for the uplink. */
  readonly event: (phase: 'up' | 'down', uplink: Wired) => Ran;
  /** The same in the background; ends with the hook's exit status. */
  readonly startEvent: (phase: 'up' | 'down', uplink: Wired) => Promise<number | null>;
  /** How many conntrack entries bear the uplink's mark. */
  readonly entries: (id: number) => number;
  /** The uplink of an id. */
  readonly line: (id: number) => Wired;
}

/** Who opens a connection: a namespace such as `lan` or `isp`, or the router itself, as that user id if one is given. */
export type From = string | { readonly user?: number };

const LAN = `
ip netns add lan
ip link add lan0 type veth peer name eth0 netns lan
ip addr add 192.168.7.1/24 dev lan0
ip link set lan0 up
ip route add 192.168.16.0/20 via 192.168.7.10
ip -n lan link set lo up
ip -n lan addr add 192.168.7.10/24 dev eth0
ip -n lan link set eth0 up
ip -n lan route add local 192.168.16.0/20 dev lo
ip -n lan route add default via 192.168.7.1
sysctl -qw net.ipv4.ip_forward=1
`;

/** The default mask's lowest bit: mark of uplink id N is N << SHIFT. */
const SHIFT = 24;

const tomlOf = ({ settings = '', policies = '' }: Setup, uplinks: readonly Wired[]): string =>
  `[settings]\n${settings}\n${uplinks.map(({ toml }) => toml).join('')}\n${policies}\n`;

/** A lab with all uplinks up and the program not yet applied. */
export const makeLab = async (setup: Setup): Promise<Lab> => {
  const uplinks = wire(setup.uplinks);
  const router = await makeBareRouter(tomlOf(setup, uplinks));
  router.sh(makeIsp(uplinks));
  router.sh(LAN);
  router.sh(uplinks.flatMap(({ make, bringUp }) => [make, bringUp]).join('\n'));
  const serve: Lab['serve'] = async (namespace) => {
    await startTalker(router, `exec ${inside(namespace)}${script('world')} ${PORT}`);
  };
  await serve('isp');
  const names = new Map(uplinks.map(({ address, name }) => [address, name]));
  const nameOf = (seen: string): string => names.get(seen) ?? seen;
  const event: Lab['event'] = (...call) => router.hook(...pppHook(...call));
  return {
    ...router,
    uplinks,
    connect: (flows, from = 'lan') => {
      const input = JSON.stringify(flows);
      return (JSON.parse(router.sh(`${as(from)}${script('many')} 150`, input)) as string[]).map(nameOf);
    },
    hold: async (flows, from = 'lan', interval = 20) => {
      const command = `exec ${as(from)}${script('hold')} ${interval} '${JSON.stringify(flows)}'`;
      return held(await startTalker(router, command), flows, nameOf);
    },
    watch: (...matches) => watchIsp(router, uplinks, matches),
    wrongSources: () => wrongSources(router),
    reconfigure: (next) => router.configure(tomlOf(next, wire(next.uplinks))),
    apply: () => must('apply', router.mlb('apply')),
    serve,
    event,
    startEvent: (...call) => router.startHook(...pppHook(...call)),
    lose: (uplink) => {
      router.sh(`ip link del ${uplink.device}`);
      must('ip-down', event('down', uplink));
    },
    restore: (uplink) => {
      router.sh(`${uplink.make}\n${uplink.bringUp}`);
      must('ip-up', event('up', uplink));
    },
    entries: (id) =>
      Number(router.sh(`conntrack -L --mark ${id << SHIFT}/${63 << SHIFT} 2>/dev/null | wc -l`)),
    line: (id) => {
      const uplink = uplinks[id - 1];
      if (uplink === undefined) throw new Error(`the lab has no uplink ${id}`);
      return uplink;
    },
  };
};

/** makeLab for one test: taken down when it ends, and already applied once. */
export const labFor = async (
  t: { readonly after: (end: () => void) => unknown },
  setup: Setup,
): Promise<Lab> => {
  const lab = await makeLab(setup);
  t.after(lab.stop);
  lab.apply();
  return lab;
};

/** What pppd calls, with which arguments and environment. */
const pppHook = (phase: 'up' | 'down', { device, address, gateway }: Wired) =>
  [`ip-${phase}`, `${device} /dev/null 0 ${address} ${gateway} ''`, `IPLOCAL=${address}`] as const;

const as = (from: From): string => {
  if (typeof from === 'string') return inside(from);
  return from.user === undefined ? '' : `setpriv --reuid=${from.user} --clear-groups `;
};

const must = (what: string, { status, stdout, stderr }: Ran): void => {
  if (status !== 0) throw new Error(`${what}: status ${status}: ${stdout}${stderr}`);
};
