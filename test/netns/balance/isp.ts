/** The provider's side of a lab: what it counts per uplink, and the servers behind it. */
import type { Sandbox } from '../sandbox.ts';
import { PORT } from '../traffic/flows.ts';
import type { Wired } from './uplinks.ts';

/** Counts by the uplink's name. */
export type PerUplink = Readonly<Record<string, number>>;

/**
 * A server that has lost its client goes on sending to the uplink's address, also while the router takes that uplink
 * for dead. The router says that it knows no such connection (RST, ICMP), by an uplink that works: dropped here as
 * well, but not counted.
 */
const REFUSALS = ['tcp flags & (syn | ack | rst) == rst', 'icmp type destination-unreachable'];

const dropWrong = ({ other, address, name }: Wired): string[] => {
  const isWrong = `iifname "${other}" ip saddr != ${address}`;
  return [
    ...REFUSALS.map((refusal) => `${isWrong} ${refusal} drop`),
    `${isWrong} counter name wrong_${name} drop`,
  ];
};

/**
 * Commands that make the provider's namespace: it drops wrong sources, answers for all of 10.99.0.0/16, and every
 * port there is the server's. Its FTP server would be on a port of its own, so 21 and those from 50000 are left out.
 */
export const makeIsp = (uplinks: readonly Wired[]): string => `
ip netns add isp
ip -n isp link set lo up
# The other ends get indexes unlike those of this side: then the kernel handles a change of carrier at once, else
# possibly a second later (net/core/link_watch.c, linkwatch_urgent_event; true of a veth only).
for n in $(seq ${uplinks.length + 2}); do
  ip -n isp link add spare type veth
  ip -n isp link del spare
done
ip -n isp addr add 10.99.0.1/32 dev lo
ip -n isp route add local 10.99.0.0/16 dev lo
ip netns exec isp sysctl -qw net.ipv4.ip_forward=1 net.core.somaxconn=4096
ip netns exec isp nft -f - <<'END'
table ip isp {
  ${uplinks.map(({ name }) => `counter wrong_${name} { }`).join('\n')}
  chain watched { type filter hook prerouting priority raw - 10; }
  chain sources {
    type filter hook prerouting priority raw;
    ${uplinks.flatMap(dropWrong).join('\n    ')}
  }
  chain servers {
    type nat hook prerouting priority dstnat;
    ip daddr 10.99.0.0/16 tcp dport { 1-20, 22-49999 } redirect to :${PORT}
    ip daddr 10.99.0.0/16 udp dport { 1-20, 22-49999 } redirect to :${PORT}
  }
}
END
`;

/**
 * Counts packets that reach the provider by each uplink, before it drops any: what matches any of `matches`, nft
 * expressions such as `tcp dport 25`. The function returned tells how many came since the watch began.
 */
export const watchIsp = (
  box: Sandbox,
  uplinks: readonly Wired[],
  matches: readonly string[],
): (() => PerUplink) => {
  const watch = `watch${nextWatch++}`;
  const lines = uplinks.flatMap(({ other, name }) => [
    `add counter ip isp ${watch}_${name}`,
    ...matches.map(
      (match) => `add rule ip isp watched iifname "${other}" ${match} counter name ${watch}_${name}`,
    ),
  ]);
  box.sh('ip netns exec isp nft -f -', `${lines.join('\n')}\n`);
  return () => countersOf(box, `${watch}_`);
};

/** Packets that came to the provider with a source that is not the uplink's own; uplinks without any are left out. */
export const wrongSources = (box: Sandbox): PerUplink => positive(countersOf(box, 'wrong_'));

/** Those that counted anything. */
export const positive = (counts: PerUplink): PerUplink =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

let nextWatch = 0;

const countersOf = (box: Sandbox, prefix: string): PerUplink => {
  const { nftables } = JSON.parse(box.sh('ip netns exec isp nft -j list counters table ip isp')) as {
    nftables: { counter?: { name: string; packets: number } }[];
  };
  return Object.fromEntries(
    nftables.flatMap(({ counter }) =>
      counter?.name.startsWith(prefix) ? [[counter.name.slice(prefix.length), counter.packets]] : [],
    ),
  );
};
