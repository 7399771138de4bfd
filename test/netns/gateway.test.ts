import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balanced } from './hook-tools.ts';
import { downHook, type Router, routerFor, skip, upHook, variant } from './router.ts';

const stateOf = (router: Router, name: string): string =>
  JSON.parse(router.mlb('status --json').stdout).uplinks.find(
    (uplink: { name: string }) => uplink.name === name,
  ).reason;

for (const [what, gateway, reason] of [
  ['its own address', '10.64.2.2', "gateway 10.64.2.2 is this router's own address on w2"],
  [
    'its broadcast address',
    '10.64.2.255',
    'gateway 10.64.2.255 is the network or broadcast address of 10.64.2.0/24',
  ],
  ['what only the kernel knows to be no host', '192.168.7.255', 'the kernel refuses gateway 192.168.7.255: '],
] as const)
  test(`a gateway that is ${what} takes its uplink out, and the balance of the others goes on`, {
    skip,
  }, async (t) => {
    const router = await routerFor(t);
    router.configure(variant(['gateway = "10.64.2.1"', `gateway = "${gateway}"`]));
    router.sh('ip link del w0');
    downHook(router, 'w0');
    assert.deepEqual(balanced(router), ['w1']);
    assert.ok(stateOf(router, 'cable').startsWith(reason), stateOf(router, 'cable'));
    assert.equal(router.mlb('plan').stdout, 'nothing to do\n');

    router.configure(variant());
    assert.equal(router.mlb('apply').status, 0);
    assert.deepEqual(balanced(router), ['w1', 'w2']);
  });

test('a refused gateway is tried again by an up event of its uplink', { skip }, async (t) => {
  const router = await routerFor(t);
  router.configure(variant(['gateway = "10.64.2.1"', 'gateway = "192.168.7.255"']));
  router.mlb('apply');
  assert.deepEqual(balanced(router), ['w0', 'w1']);
  router.sh('ip addr flush dev lan0');
  upHook(router, 'w2');
  assert.deepEqual(balanced(router), ['w0', 'w1', 'w2']);
});

test('a hung tc delays a hook by no more than two seconds, and routes are right', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh(
    "printf '#!/bin/sh\\nexec sleep 100\\n' >/run/tc; chmod 755 /run/tc; mount --bind /run/tc $(readlink -f /sbin/tc)",
  );
  router.sh('ip link del w0');
  const started = Date.now();
  downHook(router, 'w0');
  assert.ok(Date.now() - started < 3000, `${Date.now() - started} ms`);
  assert.deepEqual(balanced(router), ['w1', 'w2']);
});
