import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BRING_UP,
  downHook,
  makeRouter,
  ours,
  RECREATE,
  type Router,
  routerFor,
  skip,
  THREE_UPLINKS,
  upHook,
  variant,
} from './router.ts';
import { DIST } from './sandbox.ts';

/** Somebody else's objects, outside our ranges and in the middle of them. None depends on an uplink. */
const FOREIGN = `
ip rule add priority 5000 fwmark 7 lookup 100
ip rule add priority 19850 from 172.20.0.0/16 lookup 100
ip rule add priority 20150 from 172.20.0.0/16 lookup 7701
ip rule add priority 20301 from 10.64.0.10 lookup 7701 protocol static
ip rule add priority 20900 lookup 7700 protocol 16
ip rule add priority 32764 lookup 100
ip route add default via 192.168.7.10 table 100
ip route add 172.21.0.0/16 via 192.168.7.10 table 7701
ip route add default via 192.168.7.10 table 7702 metric 50 protocol 186
ip route add blackhole 172.22.0.0/16 table 7700 protocol 12
ip route add 172.23.0.0/16 via 192.168.7.10 table 7799
ip route add unreachable 172.24.0.0/16 protocol 186
tc qdisc add dev lan0 root handle 9: htb default 1
tc qdisc add dev w0 root handle 5: tbf rate 100mbit burst 50k latency 50ms
tc qdisc add dev w1 root handle 6: htb default 1
tc class add dev w1 parent 6: classid 6:1 htb rate 100mbit
tc qdisc add dev w2 handle ffff: ingress
nft -f - <<'END'
table inet filter {
  set hosts { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 } }
  chain forward {
    type filter hook forward priority filter;
    ip saddr @hosts drop
  }
}
table ip mangle {
  chain prerouting {
    type filter hook prerouting priority mangle;
    iifname "lan0" udp dport 9 meta mark set 0x01000000
  }
}
END
`;

/** Everything that is not ours, as text. */
const foreign = (router: Router): string => {
  const list = (command: string): Record<string, unknown>[] => JSON.parse(router.sh(command));
  const others = (entries: Record<string, unknown>[]): string =>
    entries
      .filter(({ protocol }) => protocol !== '77')
      .map((entry) => JSON.stringify(entry))
      .sort()
      .join('\n');
  return [
    others(list('ip -4 -j -d -N rule show')),
    others(list('ip -4 -j -d -N route show table all')),
    // Its counter of packets moves by itself.
    router.sh(
      `tc qdisc show | grep -v ' 77:' | sed 's/direct_packets_stat [0-9]*//' | sort; for d in lan0 w0 w1; do tc class show dev $d 2>/dev/null; done; true`,
    ),
    router.sh("nft list tables | grep -v ' inet mlb_hooks$' | while read table; do nft list $table; done"),
  ].join('\n');
};

/** What of ours is left. */
const LEFT = `ip rule show | grep "proto 77"; ip route show table all protocol 77; nft list tables | grep mlb_hooks; true`;

const sameAfter = (router: Router, before: string, what: string): void =>
  assert.equal(foreign(router), before, `after ${what}`);

test('nothing foreign changes, whatever happens, and nothing of ours is left after flush', {
  skip,
}, async (t) => {
  const router = await makeRouter();
  t.after(router.stop);
  router.sh(FOREIGN);
  const before = foreign(router);
  for (const command of ['plan', 'apply', 'apply', 'down dsl1', 'down w1', 'up dsl1', 'up w1']) {
    const { status } = router.mlb(command);
    assert.ok(status === 0 || (command === 'plan' && status === 2), command);
    sameAfter(router, before, command);
  }
  for (const device of ['w0', 'w1', 'w2'] as const) {
    downHook(router, device);
    sameAfter(router, before, `the down hook of ${device}`);
    upHook(router, device);
    sameAfter(router, before, `the up hook of ${device}`);
  }
  assert.equal(router.mlb('flush').status, 0);
  sameAfter(router, before, 'flush');
  assert.equal(router.sh(LEFT), '');
});

test('nothing foreign changes when devices come and go', { skip }, async (t) => {
  const router = await makeRouter();
  t.after(router.stop);
  // The kernel takes an uplink's own qdisc with it, so those are left out here.
  router.sh(FOREIGN.replace(/^tc .* dev w.*$/gm, ''));
  router.mlb('apply');
  const before = foreign(router);
  const state = ours(router);
  router.sh('ip link del w1');
  const without = foreign(router);
  downHook(router, 'w1');
  sameAfter(router, without, 'a device was destroyed');
  router.sh(`${RECREATE.w1}\n${BRING_UP.w1}`);
  upHook(router, 'w1');
  assert.equal(ours(router).replace(/^qdisc.*\n/gm, ''), state.replace(/^qdisc.*\n/gm, ''));
  assert.equal(withoutIndexes(foreign(router)), withoutIndexes(before));
});

/** A recreated device has another place in lists. */
const withoutIndexes = (dump: string): string => dump.split('\n').sort().join('\n');

test('what is foreign in our ranges is reported with its remedy', { skip }, async (t) => {
  const router = await makeRouter(variant(['qdisc = "none"', '']));
  t.after(router.stop);
  router.sh(FOREIGN);
  router.mlb('apply');
  const { stderr, stdout } = router.mlb('plan');
  assert.equal(stdout, 'nothing to do\n');
  assert.deepEqual(
    stderr.trimEnd().split('\n').sort(),
    [
      `not ours: qdisc dev w0 root handle 5: tbf rate 100000000bit: somebody else put it there and it is left alone; remove it, or take it over with qdisc-replace = true, or set qdisc = "none"`,
      'not ours: route blackhole 172.22.0.0/16 table 7700 protocol 12 scope global: it stands in the balance table and is left alone; what we would write with the same key is not written; remove it or set another table-base',
      'not ours: route 172.21.0.0/16 table 7701 protocol 3 scope global via 192.168.7.10 dev lan0: it stands in the table of uplink "dsl1" and is left alone; what we would write with the same key is not written; remove it or set another table-base',
      'not ours: route default table 7702 protocol 186 metric 50 scope global via 192.168.7.10 dev lan0: it stands in the table of uplink "dsl2" and is left alone; what we would write with the same key is not written; remove it or set another table-base',
      'not ours: rule priority 19850 from 172.20.0.0/16 lookup 100 protocol 0: it stands among our rules and is left alone; what it matches may not be balanced; give it another priority or set another priority-base',
      'not ours: rule priority 20150 from 172.20.0.0/16 lookup 7701 protocol 0: it stands among our rules and is left alone; what it matches may not be balanced; give it another priority or set another priority-base',
      'not ours: rule priority 20301 from 10.64.0.10 lookup 7701 protocol 4: it stands among our rules and is left alone; what it matches may not be balanced; give it another priority or set another priority-base',
      'not ours: rule priority 20900 from all lookup 7700 protocol 16: it stands among our rules and is left alone; what it matches may not be balanced; give it another priority or set another priority-base',
    ].sort(),
  );
  const { conflicts } = JSON.parse(router.mlb('status --json').stdout) as { conflicts: string[] };
  assert.equal(conflicts.length, 8);
  const log = router.sh('grep -c "not ours" /var/log/mlb-hooks.log');
  assert.equal(Number(log), 8);
});

test('a foreign route at the very key of ours stays, and everything else works', { skip }, async (t) => {
  const router = await makeRouter();
  t.after(router.stop);
  const planted = 'default via 192.168.7.10 dev lan0 proto bird metric 1001';
  router.sh(`ip route add ${planted} table 7700`);
  assert.equal(router.mlb('apply').status, 0);
  assert.match(router.sh('ip route show table 7700'), new RegExp(`^${planted}`, 'm'));
  assert.match(router.mlb('plan').stderr, /^not ours: route default table 7700 protocol 12 metric 1001 /);
  assert.match(
    router.sh('ip route show table 7700 metric 10'),
    /nexthop .*w0.*\n.*nexthop .*w1.*\n.*nexthop .*w2/,
  );
});

test('qdisc-replace = true takes a foreign queue over', { skip }, async (t) => {
  const takeOver = variant(['qdisc = "none"', 'qdisc-replace = true\nupload = "5mbit"']);
  const router = await makeRouter(variant(['qdisc = "none"', 'upload = "5mbit"']));
  t.after(router.stop);
  router.sh(
    'tc qdisc add dev w0 root handle 5: htb default 1; tc qdisc add dev w1 root handle 6: htb default 1',
  );
  router.mlb('apply');
  assert.match(router.sh('tc qdisc show dev w0'), /^qdisc htb 5: root/);
  router.configure(takeOver);
  const { stdout, stderr } = router.mlb('plan');
  assert.match(
    stdout,
    /^tc qdisc delete dev w0 root handle 5:\ntc qdisc replace dev w0 root handle 77: tbf rate 5000000bit /m,
  );
  assert.doesNotMatch(stderr, /not ours/);
  router.mlb('apply');
  assert.doesNotMatch(router.sh('tc qdisc show dev w0'), /htb/);
  assert.match(
    router.sh('tc qdisc show dev w1'),
    /^qdisc htb 6: root/,
    'another uplink’s is not ours to take',
  );
});

test('flush restores the sysctls that we changed and no other', { skip }, async (t) => {
  const router = await makeRouter();
  t.after(router.stop);
  const read = (): string =>
    router.sh(`for d in all default lo lan0 w0 w1 w2; do
      for k in ignore_routes_with_linkdown rp_filter; do
        echo $d $k $(cat /proc/sys/net/ipv4/conf/$d/$k); done; done`);
  router.sh('sysctl -qw net.ipv4.conf.w0.rp_filter=1 net.ipv4.conf.w1.ignore_routes_with_linkdown=1');
  const before = read();
  router.mlb('apply');
  const changed = read();
  for (const line of [
    'w0 rp_filter 2',
    'w1 rp_filter 0',
    'w2 ignore_routes_with_linkdown 1',
    'lan0 rp_filter 0',
  ])
    assert.match(changed, new RegExp(`^${line}$`, 'm'));
  router.mlb('flush');
  assert.equal(read(), before);
});

test('uninstall takes away what is ours and nothing else', { skip }, async (t) => {
  const router = await routerFor(t, THREE_UPLINKS);
  router.sh(`for d in lib sbin; do mount -t tmpfs -o mode=755 tmpfs /usr/local/$d; done
    ${process.execPath} ${DIST}/mlb-hooks.cjs install`);
  router.sh('/usr/local/sbin/mlb-hooks flush >/dev/null');
  router.sh(FOREIGN);
  const before = foreign(router);
  router.sh('/usr/local/sbin/mlb-hooks apply >/dev/null');
  sameAfter(router, before, 'apply');
  router.sh('/usr/local/sbin/mlb-hooks uninstall');
  sameAfter(router, before, 'uninstall');
  assert.equal(router.sh(LEFT), '');
  assert.equal(router.sh('ls /usr/local/lib /usr/local/sbin | grep mlb-hooks || true'), '');
});
