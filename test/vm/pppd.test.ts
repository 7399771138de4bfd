import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bootLab, type Lab } from './lab/boot.ts';
import { buildNetwork, CONFIG, NET } from './lab/network.ts';
import { whyNoLab } from './lab/packages.ts';
import {
  configure,
  defaultsOf,
  hooksRan,
  installProduct,
  mlb,
  NOTHING,
  PRIO_SFQ,
  qdiscsOf,
  readLog,
  rulesOf,
} from './lab/product.ts';
import { startTraffic } from './lab/traffic.ts';
import { addressOf, dial, hangup, type Session, waitUntil } from './lab/uplinks.ts';
import { assertMoved } from './moved.ts';

// The installed hooks under a real pppd: what a dial, a hangup and a redial leave in the kernel, and what they cost.

// Another package's script: tells how it was called, and takes its time when asked to.
const RECORDER = `#!/bin/sh
echo "$# $*" > /run/recorded-$(basename $(dirname $0))-$1
[ -e /run/slow ] && sleep 3
exit 0
`;

const BOTH = [
  'default metric 10 nexthop dev ppp0 weight 2 nexthop dev ppp1 weight 1',
  'default dev ppp0 metric 1001',
  'default dev ppp1 metric 1002',
];
const ONLY_DSL2 = ['default dev ppp1 metric 10', 'default dev ppp1 metric 1002'];

describe('mlb-hooks under pppd', { skip: await whyNoLab(), timeout: 400_000 }, () => {
  let lab: Lab;
  let dsl1: Session;
  let dsl2: Session;

  before(async () => {
    lab = await bootLab();
    await buildNetwork(lab);
    // One client and one server are one pair of hosts: without this they would share one line.
    await lab.run('sysctl -qw net.ipv4.fib_multipath_hash_policy=1');
    await lab.writeFile('/etc/ppp/ip-up.d/recorder', RECORDER, 0o755);
    await lab.writeFile('/etc/ppp/ip-down.d/recorder', RECORDER, 0o755);
    await configure(lab, CONFIG);
    await installProduct(lab);
  });
  after(() => lab?.stop());

  test('two lines dialled at the same moment are both routed, and nothing is left to do', async () => {
    [dsl1, dsl2] = await Promise.all([dial(lab, 'dsl1', ['usepeerdns']), dial(lab, 'dsl2')]);
    await hooksRan(lab, 'ip-up', dsl1.address, dsl2.address);
    assert.equal(await mlb(lab, 'plan'), NOTHING);
    assert.deepEqual(await defaultsOf(lab, 7700), BOTH);
    assert.deepEqual(await defaultsOf(lab, 7701), ['default dev ppp0 metric 1']);
    assert.deepEqual(await defaultsOf(lab, 7702), ['default dev ppp1 metric 1']);
    assert.deepEqual(await rulesOf(lab), rulesWith(dsl1.address, dsl2.address));
  });

  test('each line has prio with three sfq bands', async () => {
    assert.deepEqual(await qdiscsOf(lab, 'ppp0'), PRIO_SFQ);
    assert.deepEqual(await qdiscsOf(lab, 'ppp1'), PRIO_SFQ);
  });

  test('the scripts of other packages in ip-up.d run as without us', async () => {
    await waitUntil(lab, '[ -e /run/recorded-ip-up.d-ppp0 ]');
    assert.equal(
      await lab.readFile('/run/recorded-ip-up.d-ppp0'),
      `6 ppp0 w0 0 ${dsl1.address} ${NET.peer} \n`,
    );
    assert.match(
      await lab.readFile('/etc/resolv.conf'),
      new RegExp(`nameserver ${NET.dns}`),
      'by 0000usepeerdns',
    );
  });

  test('a second event that changes nothing plans nothing', async () => {
    const before = await kernelState();
    await stub('ip-up', dsl1, dsl1.pid);
    assert.equal((await lastRun('ip-up'))?.changed, 0);
    assert.deepEqual(await kernelState(), before);
  });

  for (const how of ['TERM', 'server', 'KILL'] as const)
    test(`a hangup (${how}) moves its flows to the other line and costs that one nothing; a redial brings them back`, async () => {
      const traffic = await startTraffic(lab, { flows: 8 });
      await lab.run('sleep 0.5');
      await hangup(lab, 'dsl1', { how });
      // pppd that is killed runs no hook: then only what the kernel was told before can help.
      if (how !== 'KILL') await hooksRan(lab, 'ip-down', dsl1.address);
      await lab.run('sleep 0.5');
      const report = await traffic.stop();
      assertMoved(report, dsl1.address, dsl2.address);
      const left = how === 'KILL' ? [] : ONLY_DSL2;
      assert.deepEqual(await defaultsOf(lab, 7701), left, "the dead line's table");
      const before = dsl1.address;
      dsl1 = await dial(lab, 'dsl1');
      await hooksRan(lab, 'ip-up', dsl1.address);
      assert.notEqual(dsl1.address, before);
      assert.deepEqual(await defaultsOf(lab, 7700), BOTH);
      assert.deepEqual(await rulesOf(lab), rulesWith(dsl1.address, dsl2.address));
      assert.deepEqual(await qdiscsOf(lab, 'ppp0'), PRIO_SFQ, 'on the new device');
    });

  test('the log tells connect time and bytes of the session that ended', async () => {
    const line = (await readLog(lab)).findLast(({ hook, uplink }) => hook === 'ip-down' && uplink === 'dsl1');
    assert.ok(Number(line?.connectSeconds) > 0 && Number(line?.bytesSent) > 0, JSON.stringify(line));
  });

  test('both lines hung up at the same moment leave no default, and both come back with their weights', async () => {
    await Promise.all([hangup(lab, 'dsl1'), hangup(lab, 'dsl2')]);
    await hooksRan(lab, 'ip-down', dsl1.address, dsl2.address);
    for (const table of [7700, 7701, 7702]) assert.deepEqual(await defaultsOf(lab, table), []);
    [dsl1, dsl2] = await Promise.all([dial(lab, 'dsl1'), dial(lab, 'dsl2')]);
    await hooksRan(lab, 'ip-up', dsl1.address, dsl2.address);
    assert.equal(await mlb(lab, 'plan'), NOTHING);
    assert.deepEqual(await defaultsOf(lab, 7700), BOTH);
  });

  test("another pppd's ip-down takes nothing away; its own does, until an up event", async () => {
    await stub('ip-down', dsl1, 99_999);
    assert.deepEqual(await defaultsOf(lab, 7700), BOTH);
    await stub('ip-down', dsl1, dsl1.pid);
    assert.deepEqual(await defaultsOf(lab, 7700), ONLY_DSL2);
    assert.match(await mlb(lab, 'status'), /^dsl1 +vetoed/m);
    await mlb(lab, 'up', 'dsl1');
    assert.deepEqual(await defaultsOf(lab, 7700), BOTH);
  });

  test('pppd with persist redials by itself, and the new address is routed', async () => {
    await hangup(lab, 'dsl2');
    dsl2 = await dial(lab, 'dsl2', ['persist', 'holdoff', '1']);
    await hooksRan(lab, 'ip-up', dsl2.address);
    await lab.run(['pkill', '-TERM', '-f', `^pppd pty .*:${dsl2.address} `]);
    await waitUntil(lab, `ip -4 address show dev ppp1 | grep inet | grep -qv ${dsl2.address}`, 25_000);
    const { address = '' } = await addressOf(lab, 'ppp1');
    await hooksRan(lab, 'ip-up', address);
    await hooksRan(lab, 'ip-down', dsl2.address);
    assert.deepEqual(await defaultsOf(lab, 7700), BOTH);
    assert.deepEqual(await rulesOf(lab), rulesWith(dsl1.address, address));
    dsl2 = { ...dsl2, address };
  });

  test('a hangup while ip-up is still at work ends in the right state', async () => {
    await hangup(lab, 'dsl1');
    await lab.run('touch /run/slow');
    const { pid, address } = await dial(lab, 'dsl1');
    // pppd's script has the hook behind it and waits in ip-up.d; pppd waits for it before it runs ip-down.
    await lab.run(`kill -TERM ${pid}`);
    await waitUntil(lab, '[ ! -e /sys/class/net/ppp0 ]');
    await lab.run('rm /run/slow');
    await waitUntil(lab, `[ ! -e /proc/${pid} ]`);
    await hooksRan(lab, 'ip-down', address);
    assert.equal(await mlb(lab, 'plan'), NOTHING);
    assert.deepEqual(await defaultsOf(lab, 7700), ONLY_DSL2);
    assert.deepEqual(await defaultsOf(lab, 7701), ONLY_DSL2);
  });

  test("pppd's own defaultroute and replacedefaultroute change nothing of ours", async () => {
    dsl1 = await dial(lab, 'dsl1', ['defaultroute']);
    await hooksRan(lab, 'ip-up', dsl1.address);
    assert.match(await lab.run('ip route show table main default'), /^default dev ppp0/);
    assert.deepEqual(await defaultsOf(lab, 7700), BOTH);
    await hangup(lab, 'dsl1');
    await lab.run('ip route add default dev ppp1');
    dsl1 = await dial(lab, 'dsl1', ['defaultroute', 'replacedefaultroute']);
    await hooksRan(lab, 'ip-up', dsl1.address);
    assert.match(await lab.run('ip route show table main default'), /^default dev ppp0/);
    assert.deepEqual(await defaultsOf(lab, 7700), BOTH);
    assert.deepEqual(await defaultsOf(lab, 7702), ['default dev ppp1 metric 1']);
  });

  /** Runs an installed stub by way of Debian's script, with pppd's environment. */
  const stub = (hook: 'ip-up' | 'ip-down', session: Session, pid: number): Promise<string> =>
    lab.run([
      ...['env', '-i', `PPPD_PID=${pid}`, `IPLOCAL=${session.address}`, `IPREMOTE=${session.peer}`],
      ...[`/etc/ppp/${hook}`, session.device, 'w0', '0', session.address, session.peer],
    ]);

  const kernelState = async (): Promise<string> =>
    lab.run(
      'ip -N rule; for t in 7700 7701 7702 7703; do ip -N route show table $t; done 2>&1; tc qdisc show',
    );

  const lastRun = async (name: string) => (await readLog(lab)).findLast(({ hook }) => hook === name);
});

/** How `ip -N rule` prints the mark of an uplink's connections. */
const marked = (id: number): string => `fwmark 0x${id}000000/0x3f000000`;

const rulesWith = (one: string, two: string): readonly string[] => [
  ...[
    `19801: from all to ${NET.peer} ${marked(1)} lookup 7701`,
    `19802: from all to ${NET.peer} ${marked(2)} lookup 7702`,
  ],
  ...[`19901: from ${one} to ${NET.peer} lookup 7701`, `19902: from ${two} to ${NET.peer} lookup 7702`],
  '20000: from all lookup 254 suppress_prefixlength 0',
  ...[1, 2, 3].map((id) => `2000${id}: from all ${marked(id)} lookup 770${id}`),
  '20063: from all fwmark 0x3f000000/0x3f000000 lookup 254',
  // Its type, unreachable, as -N prints it.
  '20090: from all fwmark 0x40000000/0x40000000 7',
  ...['20101: from all oif ppp0 lookup 7701', '20102: from all oif ppp1 lookup 7702'],
  '20103: from all oif eth2 lookup 7703',
  ...[`20301: from ${one} lookup 7701`, `20302: from ${two} lookup 7702`],
  ...['169.254.0.0/16', '224.0.0.0/4', '255.255.255.255'].map(
    (destination) => `20400: from all to ${destination} lookup 254`,
  ),
  '20900: from all lookup 7700',
];
