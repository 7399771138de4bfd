import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balanced, lastLine, leftOvers, statesOf } from './hook-tools.ts';
import { BRING_UP, downHook, PEER, RECREATE, routerFor, skip, upHook } from './router.ts';

test('the event that announces a loss takes the uplink out before its address goes', { skip }, async (t) => {
  const router = await routerFor(t);
  downHook(router, 'w2');
  assert.equal(statesOf(router).cable, 'vetoed');
  assert.deepEqual(balanced(router), ['w0', 'w1']);
  const table = router.sh('ip route show table 7703');
  assert.match(table, /nexthop via 10\.64\.0\.1 dev w0 .*nexthop via 10\.64\.0\.1 dev w1 /s);
  assert.match(table, /default via 10\.64\.2\.1 dev w2 .*metric 1000000/);

  router.sh('ip addr flush dev w2; ip link set w2 down');
  assert.equal(router.mlb('apply').status, 0);
  assert.equal(statesOf(router).cable, 'down');
  // The same address on the same device is no news: only an event says that it stays.
  router.sh(BRING_UP.w2);
  router.mlb('apply');
  assert.equal(statesOf(router).cable, 'vetoed');
  upHook(router, 'w2');
  assert.equal(statesOf(router).cable, 'up');
  assert.deepEqual(balanced(router), ['w0', 'w1', 'w2']);
});

for (const [what, change] of [
  ['a device made again', `ip link del w2; ${RECREATE.w2}; ${BRING_UP.w2}`],
  ['another address', 'ip addr flush dev w2; ip addr add 10.64.2.77/24 dev w2'],
] as const)
  test(`${what} ends a veto without any event`, { skip }, async (t) => {
    const router = await routerFor(t);
    downHook(router, 'w2');
    assert.equal(statesOf(router).cable, 'vetoed');
    router.sh(change);
    router.mlb('apply');
    assert.equal(statesOf(router).cable, 'up');
    assert.deepEqual(balanced(router), ['w0', 'w1', 'w2']);
  });

test('"mlb-hooks up NAME" ends a veto, "mlb-hooks down DEVICE" begins one', { skip }, async (t) => {
  const router = await routerFor(t);
  assert.equal(router.mlb('down w1').status, 0);
  assert.equal(statesOf(router).dsl2, 'vetoed');
  assert.equal(router.mlb('up dsl2').status, 0);
  assert.equal(statesOf(router).dsl2, 'up');
});

test('only the pppd that runs the line can announce its end', { skip }, async (t) => {
  const router = await routerFor(t);
  const ppp = (phase: string, pppd: number): unknown =>
    router.hook(`ip-${phase}`, `w0 tty 0 10.64.0.10 ${PEER}`, `PPPD_PID=${pppd}`);
  ppp('up', 4242);
  ppp('down', 4141);
  assert.equal(statesOf(router).dsl1, 'up');
  ppp('down', 4242);
  assert.equal(statesOf(router).dsl1, 'vetoed');
});

test('a late ip-down of the session before does not touch the one that runs now', { skip }, async (t) => {
  const router = await routerFor(t);
  router.hook('ip-down', `w0 tty 0 10.64.0.10 ${PEER}`, 'IPLOCAL=10.64.9.9');
  assert.equal(statesOf(router).dsl1, 'up');
});

test('a hangup logs what pppd counted, and status remembers it', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh('ip link del w0');
  router.hook(
    'ip-down',
    `w0 tty 0 10.64.0.10 ${PEER}`,
    'PPPD_PID=7 CONNECT_TIME=3600 BYTES_SENT=5000000000 BYTES_RCVD=70',
  );
  const { connectSeconds, bytesSent, bytesReceived, uplink, state, working } = lastLine(router);
  assert.deepEqual(
    { connectSeconds, bytesSent, bytesReceived, uplink, state, working },
    {
      connectSeconds: 3600,
      bytesSent: 5000000000,
      bytesReceived: 70,
      uplink: 'dsl1',
      state: 'absent',
      working: ['dsl2', 'cable'],
    },
  );
  assert.match(router.mlb('status --json').stdout, /"lastSession": \{\s*"seconds": 3600/);
  assert.deepEqual(leftOvers(router), []);
});
