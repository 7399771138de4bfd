import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../router.ts';
import { PORT } from '../traffic/flows.ts';
import { type Flow, flows, sharesOf } from './flows.ts';
import { harmed, showReport } from './held.ts';
import { positive } from './isp.ts';
import { type Lab, labFor } from './lab.ts';
import { balanceBy } from './modes.ts';
import { THREE } from './uplinks.ts';

/** What others have put into the kernel, without counts. */
const foreign = (lab: Lab): string =>
  lab
    .sh(`ip rule | grep -v 'proto 77'; ip -4 -o route show table all | grep -v -e 'proto 77' -e 'proto kernel' | sort
      for table in $(nft list tables | sed 's/^table //; s/ /,/'); do
        [ "$table" = inet,mlb_hooks ] || nft -s list table "$(echo $table | cut -d, -f1)" "$(echo $table | cut -d, -f2)"
      done`)
    .replace(/counter packets \d+ bytes \d+/g, 'counter');

/** Applies, lets every kind of event happen, flushes: nothing foreign may change. `during` looks at the traffic. */
const mustSurvive = (lab: Lab, during: (when: string) => void): void => {
  const before = foreign(lab);
  const mustBeSame = (when: string): void => assert.equal(foreign(lab), before, when);
  for (const mode of ['multipath', 'random', 'source'] as const) {
    lab.reconfigure({ uplinks: THREE, settings: balanceBy(mode) });
    lab.apply();
    mustBeSame(mode);
    during(mode);
  }
  lab.lose(lab.line(1));
  during('an uplink went');
  lab.restore(lab.line(1));
  during('it came back');
  mustBeSame('after events');
  assert.equal(lab.mlb('flush').status, 0);
  mustBeSame('after flush');
  assert.equal(lab.try('nft list table inet mlb_hooks').status, 1);
};

/** What dockerd writes by iptables-nft for one container with a published port. */
const DOCKER = `
ip link add docker0 type bridge
ip addr add 172.17.0.1/16 dev docker0
ip link set docker0 up
ip netns add container
ip link add c0 type veth peer name eth0 netns container
ip link set c0 master docker0 up
ip -n container addr add 172.17.0.2/16 dev eth0
ip -n container link set eth0 up
ip -n container route add default via 172.17.0.1
iptables-nft -t nat -N DOCKER
iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
iptables-nft -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
iptables-nft -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
iptables-nft -t nat -A DOCKER -i docker0 -j RETURN
iptables-nft -t nat -A DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:${PORT}
iptables-nft -N DOCKER
iptables-nft -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables-nft -A FORWARD -o docker0 -j DOCKER
iptables-nft -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
iptables-nft -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp --dport ${PORT} -j ACCEPT
iptables-nft -t mangle -A PREROUTING -i docker0 -j MARK --set-xmark 0x10/0x10
`;

test("Docker's tables: containers are balanced, published ports answer by every uplink", {
  skip,
}, async (t) => {
  const lab = await labFor(t, { uplinks: THREE });
  lab.sh(DOCKER);
  await lab.serve('container');
  mustSurvive(lab, (when) => {
    const out = lab.connect(flows(40), 'container');
    assert.ok(
      out.every((name) => /^line[123]$/.test(name)),
      `${when}: ${JSON.stringify(sharesOf(out))}`,
    );
    const present = lab.uplinks.filter(({ id }) => id !== 1 || when !== 'an uplink went');
    const asked = present.map(
      ({ address }): Flow => ({ protocol: 'tcp', from: '10.99.3.3', to: address, port: 8080 }),
    );
    assert.deepEqual(new Set(lab.connect(asked, 'isp')), new Set(['10.99.3.3']), when);
  });
});

/** Bits that somebody else keeps in marks, and what they find of them before and behind our chains. */
const NEIGHBOUR = `
table inet neighbour {
  counter lost { }
  counter kept { }
  counter unsaved { }
  chain before {
    type filter hook prerouting priority mangle - 1;
    iifname "lan0" meta mark set meta mark | 0x00040000
    iifname "lan0" ct mark set ct mark | 0x00000005
  }
  chain behind {
    type filter hook prerouting priority mangle + 1;
    iifname "lan0" meta mark & 0x00ffffff != 0x00040000 counter name lost
    iifname "lan0" meta mark & 0x00ffffff == 0x00040000 counter name kept
  }
  chain leaving {
    type filter hook postrouting priority srcnat - 1;
    iifname "lan0" ct mark & 0x00ffffff != 0x00000005 counter name unsaved
  }
}
`;

const packets = (lab: Lab, counter: string): number =>
  Number(lab.sh(`nft list counter inet neighbour ${counter}`).match(/packets (\d+)/)?.[1]);

test('a table at neighbouring priorities keeps its bits of every mark, and connections their uplink', {
  skip,
}, async (t) => {
  const lab = await labFor(t, { uplinks: THREE });
  lab.sh('nft -f -', NEIGHBOUR);
  mustSurvive(lab, (when) => {
    const seen = lab.connect(flows(60, { clients: 60 }));
    assert.ok(
      seen.every((name) => /^line[123]$/.test(name)),
      `${when}: ${JSON.stringify(sharesOf(seen))}`,
    );
  });
  lab.apply();
  const long = await lab.hold([...flows(12), ...flows(12, { protocol: 'udp' })]);
  lab.lose(lab.line(1));
  lab.restore(lab.line(1));
  const others = (await long.ask()).filter(({ seen }) => seen[0] !== 'line1');
  assert.deepEqual(harmed(others).map(showReport), []);
  assert.ok(packets(lab, 'kept') > 1000);
  assert.equal(packets(lab, 'lost'), 0);
  assert.equal(packets(lab, 'unsaved'), 0);
});

/** A tunnel device to a network of its own, which answers for everything. */
const TUNNEL = `
ip netns add vpn
ip link add tun0 type veth peer name far netns vpn
ip addr add 10.70.0.2/24 dev tun0
ip link set tun0 up
ip -n vpn link set lo up
ip -n vpn addr add 10.70.0.1/24 dev far
ip -n vpn link set far up
ip -n vpn route add local 100.100.0.0/16 dev lo
ip -n vpn route add local 10.99.0.0/16 dev lo
ip -n vpn route add default via 10.70.0.2
`;

/** Echo requests that come to the provider, by uplink, while the router sends three with that mark. */
const pingMarked = (lab: Lab, mark: number): Record<string, number> => {
  const counted = lab.watch('icmp type echo-request');
  lab.sh(`ping -n -q -c 3 -i 0.1 -W 1 -m ${mark} 10.99.0.1`);
  return { ...positive(counted()) };
};

test("tailscale's rules and marks: its own packets go by main, its network by its device", {
  skip,
}, async (t) => {
  const lab = await labFor(t, { uplinks: THREE });
  lab.sh(`${TUNNEL}
    ip route add default via 10.65.2.1 dev w2 metric 50
    ip rule add priority 5210 fwmark 0x80000/0xff0000 lookup main
    ip rule add priority 5230 fwmark 0x80000/0xff0000 lookup default
    ip rule add priority 5250 fwmark 0x80000/0xff0000 unreachable
    ip rule add priority 5270 lookup 52
    ip route add 100.64.0.0/10 via 10.70.0.1 dev tun0 table 52
    nft 'table ip tailscale {
      chain forward { type filter hook forward priority filter; iifname "tun0" meta mark set meta mark & 0xff00ffff | 0x40000; }
      chain postrouting { type nat hook postrouting priority srcnat; meta mark & 0xff0000 == 0x40000 masquerade; }
    }'`);
  await lab.serve('vpn');
  mustSurvive(lab, (when) => {
    assert.deepEqual(pingMarked(lab, 0x80000), { line3: 3 }, when);
    const seen = lab.connect(flows(10, { to: '100.100.0.5', clients: 10 }));
    assert.ok(
      seen.every((address) => address.startsWith('192.168.')),
      `${when}: ${seen}`,
    );
    assert.deepEqual(sharesOf(lab.connect(flows(5, { to: '100.100.0.5' }), {})), { '10.70.0.2': 5 }, when);
  });
});

test("wg-quick's rules and mark: all goes by the tunnel, and the tunnel by an uplink", {
  skip,
}, async (t) => {
  const lab = await labFor(t, { uplinks: THREE });
  lab.sh(`${TUNNEL}
    ip route add default via 10.70.0.1 dev tun0 table 51820
    ip rule add not fwmark 0xca6c table 51820
    ip rule add table main suppress_prefixlength 0`);
  await lab.serve('vpn');
  mustSurvive(lab, (when) => {
    const sums = Object.values(pingMarked(lab, 0xca6c));
    assert.equal(
      sums.reduce((sum, count) => sum + count, 0),
      3,
      `${when}: no packet of the tunnel goes into the tunnel`,
    );
    const seen = lab.connect(flows(10, { clients: 10 }));
    assert.ok(
      seen.every((address) => address.startsWith('192.168.')),
      `${when}: ${seen}`,
    );
  });
});
