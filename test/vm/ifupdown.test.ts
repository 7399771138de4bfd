import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bootLab, type Lab } from './lab/boot.ts';
import { buildNetwork, CONFIG, NET } from './lab/network.ts';
import { whyNoLab } from './lab/packages.ts';
import { configure, defaultsOf, hooksRan, installProduct, mlb, NOTHING, readLog } from './lab/product.ts';
import { startTraffic } from './lab/traffic.ts';
import { addressOf, dial, ifdown, ifup, type Session, waitUntil } from './lab/uplinks.ts';
import { assertMoved } from './moved.ts';

// The installed hooks under a real ifupdown, without carrier, after a lost /run, in a crowd, and taken away again.

const DSL1_AND_CABLE = [
  'default metric 10 nexthop dev ppp0 weight 2 nexthop via 10.64.2.1 dev eth2 weight 1',
  'default dev ppp0 metric 1001',
  'default via 10.64.2.1 dev eth2 metric 1003',
];
const ONLY_DSL1 = ['default dev ppp0 metric 10', 'default dev ppp0 metric 1001'];

/** Everything that install may touch. */
const FILES = 'find /etc/ppp /etc/network /etc/iproute2 /etc/logrotate.d /usr/local -xdev | sort';

describe('mlb-hooks under ifupdown', { skip: await whyNoLab(), timeout: 400_000 }, () => {
  let lab: Lab;
  let dsl1: Session;
  let filesBefore: string;

  before(async () => {
    lab = await bootLab();
    await buildNetwork(lab);
    await lab.run('sysctl -qw net.ipv4.fib_multipath_hash_policy=1');
    await lab.run(
      'ip rule add priority 20050 fwmark 7 lookup 99 && ip route add 192.0.2.0/24 dev lan0 table 7700',
    );
    filesBefore = await lab.run(FILES);
    await configure(lab, CONFIG);
    await installProduct(lab);
    dsl1 = await dial(lab, 'dsl1');
    await hooksRan(lab, 'ip-up', dsl1.address);
  });
  after(() => lab?.stop());

  test('ifup takes the uplink into the balance before it returns', async () => {
    await ifup(lab);
    assert.deepEqual(await defaultsOf(lab, 7700), DSL1_AND_CABLE);
    assert.deepEqual(await defaultsOf(lab, 7703), ['default via 10.64.2.1 dev eth2 metric 1']);
    assert.equal(await mlb(lab, 'plan'), NOTHING);
  });

  test('an if-down hook vetoes the uplink while its address is still there; if-up ends the veto', async () => {
    const environment = `IFACE=eth2 LOGICAL=eth2 ADDRFAM=inet METHOD=static IF_ADDRESS=${NET.cable.address}`;
    await lab.run(`env -i ${environment} MODE=stop PHASE=pre-down /etc/network/if-down.d/mlb-hooks`);
    assert.equal((await addressOf(lab, 'eth2')).address, NET.cable.address);
    assert.deepEqual(await defaultsOf(lab, 7700), ONLY_DSL1);
    assert.match(await mlb(lab, 'status'), /^cable +vetoed/m);
    await lab.run(`env -i ${environment} MODE=start PHASE=post-up /etc/network/if-up.d/mlb-hooks`);
    assert.deepEqual(await defaultsOf(lab, 7700), DSL1_AND_CABLE);
  });

  test('ifdown takes the uplink out of the balance, and ifup brings it back', async () => {
    await ifdown(lab);
    assert.deepEqual(await addressOf(lab, 'eth2'), {});
    assert.deepEqual(await defaultsOf(lab, 7700), ONLY_DSL1);
    await ifup(lab);
    assert.deepEqual(await defaultsOf(lab, 7700), DSL1_AND_CABLE);
  });

  test('a pulled cable moves its flows with no hook at all, and a plugged one takes new flows again', async () => {
    const runs = (await readLog(lab)).length;
    const traffic = await startTraffic(lab, { flows: 8 });
    await lab.run(`sleep 0.5; ip -n isp link set ${NET.cable.isp} down; sleep 1`);
    const report = await traffic.stop();
    const status = await mlb(lab, 'status');
    await lab.run(`ip -n isp link set ${NET.cable.isp} up`);
    assertMoved(report, NET.cable.address, dsl1.address);
    assert.match(status, /^cable +no-carrier/m);
    await waitUntil(lab, `ping -c 1 -W 1 -I eth2 ${NET.server} >/dev/null`);
    const later = await (await startTraffic(lab, { flows: 16, intervalMs: 100, durationMs: 500 })).finished();
    const sources = new Set(later.flows.map(({ carriers }) => carriers[0]?.source));
    assert.deepEqual([...sources].sort(), [dsl1.address, NET.cable.address].sort());
    assert.equal((await readLog(lab)).length, runs, 'a hook ran');
  });

  test('a lost state directory is made anew by the next event', async () => {
    await lab.run('rm -rf /run/mlb-hooks');
    await upByStub();
    assert.equal((await lab.run('stat -c %a /run/mlb-hooks')).trim(), '700');
    assert.deepEqual(await defaultsOf(lab, 7700), DSL1_AND_CABLE);
    await lab.run('rm -rf /run/mlb-hooks; mkdir /run/mlb-hooks; echo garbage >/run/mlb-hooks/state.json');
    await upByStub();
    assert.equal(await mlb(lab, 'plan'), NOTHING);
  });

  test('sixteen stubs at the same moment end in the right state, and none is lost', async () => {
    const down = `env -i PPPD_PID=${dsl1.pid} IPLOCAL=${dsl1.address} /etc/ppp/ip-down ppp0 w0 0 ${dsl1.address} ${NET.peer}`;
    const up = down.replace('ip-down', 'ip-up');
    await lab.run(`for i in $(seq 15); do ${down} & done; wait; ${up} & ${down} & wait; ${up}`, {
      timeoutMs: 60_000,
    });
    assert.deepEqual(await defaultsOf(lab, 7700), DSL1_AND_CABLE);
    assert.equal(await lab.run('find /run/mlb-hooks -type f -path "*spool*"'), '');
    assert.equal(await mlb(lab, 'plan'), NOTHING);
  });

  test('a broken configuration and a missing Node break neither ifup nor ifdown, and leave the kernel alone', async () => {
    await configure(lab, '[[uplink]]\nid = \n');
    await lab.run(
      `env -i IFACE=eth2 METHOD=static MODE=stop PHASE=pre-down /etc/network/if-down.d/mlb-hooks`,
    );
    assert.deepEqual(await defaultsOf(lab, 7700), DSL1_AND_CABLE);
    await ifdown(lab);
    await ifup(lab);
    assert.match((await readLog(lab)).at(-1)?.msg ?? '', /config\.toml/);
    await configure(lab, CONFIG);
    await lab.run('mv /usr/local/lib/mlb-hooks /usr/local/lib/away');
    await ifdown(lab);
    await ifup(lab);
    await lab.run('mv /usr/local/lib/away /usr/local/lib/mlb-hooks');
    await mlb(lab, 'apply');
    assert.deepEqual(await defaultsOf(lab, 7700), DSL1_AND_CABLE);
  });

  test('uninstall leaves the files, rules and routes that were there before, and no others', async () => {
    // With the state directory went the memory of what these were.
    await lab.run(
      'for d in ppp0 eth2; do echo 0 >/proc/sys/net/ipv4/conf/$d/ignore_routes_with_linkdown; done',
    );
    await mlb(lab, 'apply');
    await mlb(lab, 'uninstall');
    assert.equal(await lab.run(FILES), filesBefore);
    const rules = await lab.run('ip -N rule');
    assert.deepEqual(
      rules
        .split('\n')
        .map((line) => line.split(':')[0])
        .filter(Boolean),
      ['0', '20050', '32766', '32767'],
    );
    assert.equal(await lab.run('ip -N route show table 7700'), '192.0.2.0/24 dev lan0 scope 253 \n');
    assert.equal(await lab.run('ip -N route show table all proto 77'), '');
    assert.equal(await lab.run('cat /proc/sys/net/ipv4/conf/*/ignore_routes_with_linkdown | sort -u'), '0\n');
  });

  const upByStub = (): Promise<string> =>
    lab.run(
      `env -i PPPD_PID=${dsl1.pid} IPLOCAL=${dsl1.address} /etc/ppp/ip-up ppp0 w0 0 ${dsl1.address} ${NET.peer}`,
    );
});
