import { once } from 'node:events';
import { DIST, makeSandbox, type Ran, type Sandbox } from './sandbox.ts';

/**
 * A router with three uplinks to one provider: w0 and w1 are point-to-point with one shared peer address, w2 is an
 * ethernet with a subnet and a gateway. `isp` holds the other ends and a server that every uplink reaches; it drops
 * packets whose source is not the uplink's own (BCP 38), so what takes the wrong link is lost. `lan` is a client
 * behind the router, masqueraded by a table of the test's own.
 */
export const THREE_UPLINKS = `
[[uplink]]
id = 1
name = "dsl1"
device = "w0"
weight = 1
qdisc = "none"

[[uplink]]
id = 2
name = "dsl2"
device = "w1"
weight = 2
qdisc = "none"

[[uplink]]
id = 3
name = "cable"
device = "w2"
weight = 3
gateway = "10.64.2.1"
qdisc = "none"
`;

/** The server behind the provider, and the peer that w0 and w1 share. */
export const SERVER = '10.99.0.1';
export const PEER = '10.64.0.1';

/**
 * The other ends get indexes unlike those of this side: then the kernel handles a change of carrier at once, else
 * possibly a second later (net/core/link_watch.c, linkwatch_urgent_event; true of a veth only).
 */
const WIRES = `
ip netns add isp
ip -n isp link set lo up
for n in 1 2 3 4 5; do
  ip -n isp link add spare type veth
  ip -n isp link del spare
done
ip -n isp addr add ${SERVER}/32 dev lo
ip -n isp route add local 10.99.0.0/16 dev lo
ip netns exec isp nft -f - <<'END'
table ip isp {
  chain sources {
    type filter hook prerouting priority raw;
    iifname "i0" ip saddr != 10.64.0.10 counter drop
    iifname "i1" ip saddr != 10.64.0.11 counter drop
    iifname "i2" ip saddr != 10.64.2.0/24 counter drop
  }
}
END
for n in 0 1 2; do
  ip link add w$n type veth peer name i$n netns isp
  ip -n isp link set i$n up
done
ip netns exec isp sysctl -qw net.ipv4.ip_forward=1
ip -n isp addr add ${PEER} peer 10.64.0.10/32 dev i0
ip -n isp addr add ${PEER} peer 10.64.0.11/32 dev i1
ip -n isp addr add 10.64.2.1/24 dev i2
sysctl -qw net.ipv4.ip_forward=1
`;

const LAN = `
ip netns add lan
ip link add lan0 type veth peer name eth0 netns lan
ip addr add 192.168.7.1/24 dev lan0
ip link set lan0 up
ip -n lan link set lo up
ip -n lan addr add 192.168.7.10/24 dev eth0
ip -n lan link set eth0 up
ip -n lan route add default via 192.168.7.1
nft -f - <<'END'
table ip test_nat {
  chain out {
    type nat hook postrouting priority srcnat;
    oifname { "w0", "w1", "w2" } masquerade
  }
}
END
`;

/** Commands that bring up one of the three, as its dialler or ifup would. */
export const BRING_UP = {
  w0: `ip addr add 10.64.0.10 peer ${PEER}/32 dev w0; ip link set w0 up`,
  w1: `ip addr add 10.64.0.11 peer ${PEER}/32 dev w1; ip link set w1 up`,
  w2: 'ip addr add 10.64.2.2/24 dev w2; ip link set w2 up',
} as const;

/** Commands that make a destroyed device again, with its other end. */
export const RECREATE = {
  w0: `ip link add w0 type veth peer name i0 netns isp; ip -n isp link set i0 up;
       ip -n isp addr add ${PEER} peer 10.64.0.10/32 dev i0`,
  w1: `ip link add w1 type veth peer name i1 netns isp; ip -n isp link set i1 up;
       ip -n isp addr add ${PEER} peer 10.64.0.11/32 dev i1`,
  w2: `ip link add w2 type veth peer name i2 netns isp; ip -n isp link set i2 up;
       ip -n isp addr add 10.64.2.1/24 dev i2`,
} as const;

/** The address that each device has. */
export const ADDRESS = { w0: '10.64.0.10', w1: '10.64.0.11', w2: '10.64.2.2' } as const;

export interface Router extends Sandbox {
  /** Runs `mlb-hooks` with these arguments. */
  readonly mlb: (args: string) => Ran;
  /** Runs a hook's bundle as the installed stub does: nothing of the environment but what is given. */
  readonly hook: (name: string, args: string, env?: string) => Ran;
  /** The same in the background; ends with its exit status. */
  readonly startHook: (name: string, args: string, env?: string) => Promise<number | null>;
  readonly configure: (toml: string) => void;
}

/** A sandbox with the program at hand and no uplinks yet. */
export const makeBareRouter = async (toml: string): Promise<Router> => {
  const box = await makeSandbox();
  const node = `env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin`;
  const hookCommand = (name: string, args: string, env = ''): string =>
    `cd /; umask 077; exec ${node} ${env} ${process.execPath} ${DIST}/start.cjs ${name} ${args}`;
  const router: Router = {
    ...box,
    mlb: (args) => box.try(`${node} ${process.execPath} ${DIST}/mlb-hooks.cjs ${args}`),
    hook: (...call) => box.try(hookCommand(...call)),
    startHook: async (...call) => {
      const child = box.start(hookCommand(...call));
      // Nothing reads what it prints.
      child.stdout?.resume();
      child.stderr?.resume();
      const [status] = await once(child, 'exit');
      return status as number | null;
    },
    configure: (text) => {
      box.sh('mkdir -p /etc/mlb-hooks; umask 022; cat > /etc/mlb-hooks/config.toml', text);
    },
  };
  router.configure(toml);
  return router;
};

/** The router of THREE_UPLINKS, all three up. */
export const makeRouter = async (toml: string = THREE_UPLINKS): Promise<Router> => {
  const router = await makeBareRouter(toml);
  router.sh(WIRES);
  router.sh(LAN);
  router.sh(Object.values(BRING_UP).join('\n'));
  return router;
};

/** For `test`'s skip option: why no router can be made here. */
export const skip = process.geteuid?.() === 0 ? false : 'network namespaces with a private /etc need root';

/** makeRouter for one test: taken down when it ends, and already applied once. */
export const routerFor = async (
  t: { readonly after: (end: () => void) => unknown },
  toml: string = THREE_UPLINKS,
): Promise<Router> => {
  const router = await makeRouter(toml);
  t.after(router.stop);
  const { status, stderr } = router.mlb('apply');
  if (status !== 0) throw new Error(`apply: status ${status}: ${stderr}`);
  return router;
};

/** The three uplinks with other settings: `change` maps the configuration's text. */
export const variant = (...changes: readonly (readonly [from: string, to: string])[]): string =>
  changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the configuration has no ${from}`);
    return text.replace(from, to);
  }, THREE_UPLINKS);

/** What of ours is in the kernel, as text to compare. */
export const ours = (router: Sandbox): string =>
  router.sh('ip -N -d rule show; ip -N -d route show table all proto 77; tc qdisc show | sort');

export type Device = keyof typeof ADDRESS;

/** The hook that the dialler or ifupdown would run for a device. */
export const upHook = (router: Router, device: Device): Ran =>
  device === 'w2'
    ? router.hook('if-up', '', 'IFACE=w2 LOGICAL=w2 ADDRFAM=inet METHOD=static MODE=start PHASE=post-up')
    : router.hook(
        'ip-up',
        `${device} /dev/null 0 ${ADDRESS[device]} ${PEER} ''`,
        `IPLOCAL=${ADDRESS[device]}`,
      );

/** The same for a device that goes or has gone. */
export const downHook = (router: Router, device: Device): Ran =>
  device === 'w2'
    ? router.hook('if-down', '', 'IFACE=w2 LOGICAL=w2 ADDRFAM=inet METHOD=static MODE=stop PHASE=pre-down')
    : router.hook(
        'ip-down',
        `${device} /dev/null 0 ${ADDRESS[device]} ${PEER} ''`,
        `IPLOCAL=${ADDRESS[device]}`,
      );
