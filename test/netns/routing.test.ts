import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  ADDRESS,
  BRING_UP,
  type Device,
  downHook,
  ours,
  PEER,
  type Router,
  routerFor,
  SERVER,
  skip,
  upHook,
  variant,
} from './router.ts';
import { connectCommand, connectOften, type Sink, sharesOf, startSink } from './traffic/flows.ts';

const DEVICES = Object.keys(ADDRESS) as Device[];
const ALL = Object.values(ADDRESS).sort();

const setUp = async (t: TestContext, toml?: string): Promise<{ router: Router; sink: Sink }> => {
  const router = await routerFor(t, toml);
  return { router, sink: await startSink(router, 'isp') };
};

/** The uplinks that new connections of the LAN use, by address; every flow must arrive. */
const usedBy = async (router: Router, sink: Sink): Promise<string[]> => {
  const shares = await sharesOf(router, sink, 60);
  const total = Object.values(shares).reduce((sum, count) => sum + count, 0);
  assert.equal(total, 60, `flows were lost: ${JSON.stringify(shares)}`);
  return Object.keys(shares).sort();
};

const pingBy = (router: Router, device: string): number | null =>
  router.try(`ping -n -q -c 1 -W 1 -I ${device} ${SERVER}`).status;

test('connections of the LAN are shared by weight', { skip }, async (t) => {
  const { router, sink } = await setUp(t);
  const shares = await sharesOf(router, sink, 250);
  const more = await sharesOf(router, sink, 250);
  // 500 flows at 1:2:3; four standard deviations are 33 to 45.
  for (const [device, expected] of [
    ['w0', 83],
    ['w1', 167],
    ['w2', 250],
  ] as const) {
    const count = (shares[ADDRESS[device]] ?? 0) + (more[ADDRESS[device]] ?? 0);
    assert.ok(Math.abs(count - expected) <= 45, `${device}: ${count} of 500 flows, expected ${expected}`);
  }
});

test("the router's own connections leave with the address of their uplink", { skip }, async (t) => {
  const { router } = await setUp(t);
  const seen = connectOften(router, 60);
  assert.deepEqual([...new Set(seen)].sort(), ALL, 'a wrong source would be dropped and counted as ""');
});

for (const [what, toml] of [
  ['of one tier', variant()],
  // The kernel itself prefers the nexthop with the right source within a multipath (since 6.15), not beyond it.
  ['of a tier that does not carry now', variant(['weight = 3', 'weight = 3\ntier = 2'])],
] as const)
  test(`a socket bound to an address leaves by the uplink that has it: ${what}`, { skip }, async (t) => {
    const { router } = await setUp(t, toml);
    for (const address of ALL) assert.equal(router.sh(connectCommand(SERVER, address)).trim(), address);
  });

test('a socket bound to a device leaves by it, also when it is vetoed', { skip }, async (t) => {
  const { router, sink } = await setUp(t);
  for (const device of DEVICES) assert.equal(pingBy(router, device), 0, device);
  assert.equal(router.mlb('down dsl2').status, 0);
  assert.deepEqual(await usedBy(router, sink), [ADDRESS.w0, ADDRESS.w2]);
  assert.equal(pingBy(router, 'w1'), 0, 'probes must still find out about a vetoed uplink');
  // Without any route the kernel takes every address for a neighbour, and this provider would even answer.
  assert.equal(router.sh(`ip neigh show ${SERVER}`), '', 'the gateway was used');
  assert.equal(router.sh(connectCommand(SERVER, ADDRESS.w0)).trim(), ADDRESS.w0);
});

test('replies to the peer that two uplinks share leave by the right one', { skip }, async (t) => {
  const { router } = await setUp(t);
  await startSink(router);
  for (const device of ['w0', 'w1'] as const)
    assert.equal(router.sh(connectCommand(ADDRESS[device], PEER, 'isp')).trim(), PEER, device);
});

test('replies to the outside leave by the uplink that was asked', { skip }, async (t) => {
  const { router } = await setUp(t);
  await startSink(router);
  for (const address of ALL)
    assert.equal(router.sh(connectCommand(address, SERVER, 'isp')).trim(), SERVER, address);
});

test('static routes and the LAN win over the balance', { skip }, async (t) => {
  const { router } = await setUp(t);
  router.sh('ip route add 10.99.5.0/24 via 10.64.2.1 dev w2');
  assert.deepEqual(
    [...new Set(connectOften(router, 20, '10.99.5'))],
    [ADDRESS.w2],
    'with no hook having run',
  );
  for (const source of ['', `-I ${ADDRESS.w0}`])
    assert.equal(router.try(`ping -n -q -c 1 -W 1 ${source} 192.168.7.10`).status, 0, source);
});

const backup = variant(['weight = 3', 'weight = 3\ntier = 2']);

/** Each way for tier 1 to go, before any hook runs. */
const LOSSES = {
  'set down': (device) => `ip link set ${device} down`,
  destroyed: (device) => `ip link del ${device}`,
  'without carrier': (device) => `ip -n isp link set i${device.slice(1)} down`,
} satisfies Record<string, (device: Device) => string>;

for (const [how, command] of Object.entries(LOSSES))
  test(`tier 2 carries only once all of tier 1 is ${how}`, { skip }, async (t) => {
    const { router, sink } = await setUp(t, backup);
    assert.deepEqual(await usedBy(router, sink), [ADDRESS.w0, ADDRESS.w1]);
    router.sh(command('w0'));
    assert.deepEqual(await usedBy(router, sink), [ADDRESS.w1], 'before the hook');
    downHook(router, 'w0');
    assert.deepEqual(await usedBy(router, sink), [ADDRESS.w1], 'after the hook');
    router.sh(command('w1'));
    assert.deepEqual(await usedBy(router, sink), [ADDRESS.w2], 'before the second hook');
    downHook(router, 'w1');
    assert.deepEqual(await usedBy(router, sink), [ADDRESS.w2], 'after the second hook');
  });

test('tier 2 carries while tier 1 is vetoed, and tier 1 again after "up"', { skip }, async (t) => {
  const { router, sink } = await setUp(t, backup);
  for (const name of ['dsl1', 'w1']) assert.equal(router.mlb(`down ${name}`).status, 0);
  assert.deepEqual(await usedBy(router, sink), [ADDRESS.w2]);
  assert.equal(router.mlb('up dsl2').status, 0);
  assert.deepEqual(await usedBy(router, sink), [ADDRESS.w1]);
});

test('all down leaves no default of ours, all up again the same state as before', { skip }, async (t) => {
  const { router, sink } = await setUp(t);
  const before = ours(router);
  for (const device of DEVICES) {
    router.sh(`ip link set ${device} down; ip addr flush dev ${device}`);
    downHook(router, device);
  }
  assert.equal(router.sh('ip route show table all proto 77 default'), '');
  for (const device of DEVICES) {
    router.sh(BRING_UP[device]);
    assert.equal(upHook(router, device).status, 0);
  }
  assert.equal(ours(router), before);
  assert.equal(router.mlb('plan').stdout, 'nothing to do\n');
  assert.deepEqual(await usedBy(router, sink), ALL);
});

test('a gateway outside the subnet is reached on the link', { skip }, async (t) => {
  const { router, sink } = await setUp(t);
  router.sh('ip addr flush dev w2; ip addr add 10.64.2.2/32 dev w2');
  upHook(router, 'w2');
  assert.match(router.sh('ip route show table 7703'), /^default via 10\.64\.2\.1 dev w2 .*onlink/m);
  assert.equal(router.sh(connectCommand(SERVER, ADDRESS.w2)).trim(), ADDRESS.w2);
  assert.deepEqual(await usedBy(router, sink), ALL);
});

/** What pppd 2.4.5 to 2.5.2 and DHCP clients leave in main. */
const DEFAULTS = {
  'defaultroute, without a gateway': 'ip route add default dev w0 scope link',
  'defaultroute beside a default that was there':
    'ip route add default via 10.64.2.1 dev w2; ip route append default dev w0 scope link',
  'replacedefaultroute, which took the old one away':
    'ip route add default via 10.64.2.1 dev w2; ip route replace default dev w0 scope link',
  'defaultroute-metric': 'ip route add default dev w0 scope link metric 100',
  "a DHCP client's": 'ip route add default via 10.64.2.1 dev w2 proto dhcp src 10.64.2.2 metric 202',
};

for (const [what, commands] of Object.entries(DEFAULTS))
  test(`a default in main changes nothing: ${what}`, { skip }, async (t) => {
    const { router, sink } = await setUp(t);
    const before = ours(router);
    router.sh(commands);
    const main = router.sh('ip route show table main');
    upHook(router, 'w0');
    assert.equal(ours(router), before);
    assert.deepEqual(await usedBy(router, sink), ALL);
    assert.equal(router.sh('ip route show table main'), main, 'main is not ours to change');
    router.sh('while ip route del default 2>/dev/null; do :; done');
    assert.equal(router.mlb('plan').stdout, 'nothing to do\n');
  });

test("a gateway learned from main's default outlives that default", { skip }, async (t) => {
  const { router, sink } = await setUp(t, variant(['gateway = "10.64.2.1"\n', '']));
  const gatewayOf = (): unknown => {
    const { uplinks } = JSON.parse(router.mlb('status --json').stdout) as {
      uplinks: { gateway: string | null; gatewaySource: string | null; state: string }[];
    };
    return [uplinks[2]?.state, uplinks[2]?.gateway, uplinks[2]?.gatewaySource];
  };
  assert.deepEqual(gatewayOf(), ['no-address', null, null]);
  assert.deepEqual(await usedBy(router, sink), [ADDRESS.w0, ADDRESS.w1]);
  router.sh('ip route add default via 10.64.2.1 dev w2');
  upHook(router, 'w2');
  assert.deepEqual(gatewayOf(), ['up', '10.64.2.1', 'main']);
  router.sh('ip route del default');
  upHook(router, 'w0');
  assert.deepEqual(gatewayOf(), ['up', '10.64.2.1', 'kept']);
  assert.deepEqual(await usedBy(router, sink), ALL);
});
