import { makeRouter, type Router, SERVER } from '../netns/router.ts';
import { NODE } from './machine.ts';
import { middleOf } from './table.ts';

/** A kind of load, and what one second of a processor forwards of it; higher is better. */
export interface Load {
  readonly name: 'tcp' | 'new' | 'packet';
  readonly measure: (router: Router) => number;
}

/** Bytes of UDP that the provider's side counts and drops at once; the packets that make a flow known are others. */
const MEASURED = 18;
const KNOWN = 20;

/** Where the server answers a flow's first packet, so that conntrack takes the flow for an established one. */
const ECHO_PORT = 9;

/**
 * Packet by packet: no segmentation is left to a device that is none. What arrives is dropped at the provider before its
 * stack sees it; the client needs no answer.
 */
const PREPARE = `
for device in lan0 w0 w1 w2; do ethtool -K $device tso off gso off gro off; done
ip netns exec lan ethtool -K eth0 tso off gso off gro off
for n in 0 1 2; do ip netns exec isp ethtool -K i$n tso off gso off gro off; done
for namespace in lan isp; do
  ip netns exec $namespace sysctl -qw net.ipv4.tcp_congestion_control=reno
done
sysctl -qw net.netfilter.nf_conntrack_udp_timeout=120 net.netfilter.nf_conntrack_udp_timeout_stream=120
ip netns exec isp nft -f - <<'END'
table netdev sink {
  chain arriving {
    type filter hook ingress devices = { i0, i1, i2 } priority 0;
    udp length ${8 + MEASURED} drop
  }
}
END
cat >/run/echo.cjs <<'END'
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (_, { port, address }) => socket.send('x', port, address));
socket.bind(${ECHO_PORT}, '${SERVER}', () => console.log('ready'));
END
`;

/** Each packet of `new` is a connection of its own, and none has another's ports on an uplink. */
const PACKETS = {
  new: `ipv4(ttl=64, saddr=192.168.7.10, saddr[3]=dinc(10,200), daddr=${SERVER}), udp(sport=dinc(1024,65000), dport=dinc(10,50000)), fill(0x41,${MEASURED})`,
  known: `ipv4(ttl=64, saddr=192.168.7.10, daddr=${SERVER}), udp(sport=dinc(2001,2064), dport=${ECHO_PORT}), fill(0x41,${KNOWN})`,
  packet: `ipv4(ttl=64, saddr=192.168.7.10, daddr=${SERVER}), udp(sport=dinc(2001,2064), dport=${ECHO_PORT}), fill(0x41,${MEASURED})`,
} as const;

/**
 * A program on one processor, where the kernel's own forwarding then takes place. It ends by itself even when nobody
 * waits for it any more; and it takes its turn with other programs, since one that did not could stop the machine.
 */
const pinned = (namespace: string, processor: number, command: string): string =>
  `ip netns exec ${namespace} taskset -c ${processor} timeout -k 1 ${LONGEST} ${command}`;

/** Seconds. */
const LONGEST = 20;

const bash = (router: Router, script: string): string => {
  const input = `TIMEFORMAT='%U %S'\n${script}`;
  const { status, stdout, stderr } = router.try('exec bash -c "$(cat)"', { input });
  if (status !== 0) throw new Error(`status ${status}: ${script}\n${stdout}${stderr}`);
  return stdout + stderr;
};

/** Seconds of CPU time to send, forward and drop so many packets: in a world of veths, the sender pays for all. */
const send = (router: Router, packets: keyof typeof PACKETS, count: number): number => {
  const command = `trafgen --in /run/${packets}.cfg -o eth0 -P1 -q -n ${count} -C >/dev/null`;
  const [user, system] = bash(router, `time ${pinned('lan', 0, command)}`)
    .split(' ')
    .map(Number);
  return (user ?? Number.NaN) + (system ?? Number.NaN);
};

const flushConnections = (router: Router): void => {
  router.sh('conntrack -F 2>/dev/null');
};

/** New connections; fewer than conntrack has room for, since its limit is one for all namespaces. */
const NEW_FLOWS: Load = {
  name: 'new',
  measure: (router) => {
    const count = 50_000;
    flushConnections(router);
    const seconds = send(router, 'new', count);
    const entries = Number(router.sh('conntrack -C'));
    if (entries < count) throw new Error(`${entries} of ${count} connections were forwarded`);
    return count / seconds;
  },
};

/** Packets of connections that are established. */
const PACKETS_OF_FLOWS: Load = {
  name: 'packet',
  measure: (router) => {
    const count = 100_000;
    flushConnections(router);
    send(router, 'known', 64);
    router.sh('sleep 0.05');
    const silent = router.sh(
      `conntrack -L -p udp --orig-port-dst ${ECHO_PORT} 2>/dev/null | grep -c UNREPLIED || true`,
    );
    if (silent.trim() !== '0') throw new Error(`${silent.trim()} of 64 flows are not established`);
    return count / send(router, 'packet', count);
  },
};

/** Bits of one TCP connection, by the clock: sender and receiver have a processor each and keep it busy. */
const TCP: Load = {
  name: 'tcp',
  measure: (router) => {
    flushConnections(router);
    const output = bash(
      router,
      `${pinned('isp', 1, `iperf3 -s -1 -B ${SERVER} >/dev/null`)} &
       for turn in $(seq 100); do
         ip netns exec isp ss -Hltn sport = :5201 | grep -q . && break
         sleep 0.05
       done
       ${pinned('lan', 0, `iperf3 -c ${SERVER} -n 300M -J`)} || { kill $!; exit 1; }
       wait $!`,
    );
    const { end } = JSON.parse(output) as { end: { sum_received: { bits_per_second: number } } };
    return end.sum_received.bits_per_second;
  },
};

export const LOADS: readonly Load[] = [TCP, NEW_FLOWS, PACKETS_OF_FLOWS];

/** What the router does not even look at: the sender's own cost. Infinite where the sender does more than send. */
export const senderRate = (router: Router, { name }: Load): number => {
  if (name === 'tcp') return Number.POSITIVE_INFINITY;
  router.sh('nft -f -', EARLY_DROP);
  const rates = Array.from({ length: 5 }, () => 100_000 / send(router, name, 100_000));
  router.sh('nft delete table netdev early');
  return middleOf(rates);
};

const EARLY_DROP = `
table netdev early {
  chain arriving {
    type filter hook ingress device "lan0" priority 0;
    udp length ${8 + MEASURED} drop
  }
}
`;

/** Three uplinks, a client that sends and a provider that counts on nothing. */
export const makeForwarding = async (): Promise<Router> => {
  const router = await makeRouter();
  router.sh(PREPARE);
  const target = router.sh('cat /sys/class/net/lan0/address').trim();
  for (const [name, packet] of Object.entries(PACKETS))
    router.sh(`cat >/run/${name}.cfg`, `{ eth(da=${target}), ${packet} }\n`);
  const echo = router.start(`exec ip netns exec isp ${NODE} /run/echo.cjs`);
  await new Promise((resolve) => echo.stdout?.once('data', resolve));
  return router;
};
