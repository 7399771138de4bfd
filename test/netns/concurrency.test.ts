import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  balanced,
  complaintsOf,
  ethernetCommand,
  leftOvers,
  logOf,
  pppCommand,
  statesOf,
} from './hook-tools.ts';
import { BRING_UP, RECREATE, type Router, routerFor, skip } from './router.ts';

/** Holds the lock as another run would, until /run/go appears. */
const HOLD = `rm -f /run/go /run/held
  (flock -x 9; touch /run/held; while [ ! -e /run/go ]; do sleep 0.01; done) 9</run/mlb-hooks &
  holder=$!
  while [ ! -e /run/held ]; do sleep 0.01; done`;

/** Waits until this many events are spooled, at most 20 s. */
const untilSpooled = (count: number): string => `tries=0
  while [ "$(ls /run/mlb-hooks/events 2>/dev/null | grep -c json)" -lt ${count} ]; do
    tries=$((tries + 1)); [ $tries -gt 2000 ] && exit 77; sleep 0.01
  done`;

/** w0 has gone, w1 comes, w2 is about to go. */
const eventOf = (index: number): string =>
  [pppCommand('down', 'w0'), pppCommand('up', 'w1'), ethernetCommand('down', 'w2')][index % 3] ?? '';

const COALESCED = 'applied by another run meanwhile';
const GAVE_UP = 'the lock is still held by another run; it will find this event spooled';

const assertSettled = (router: Router): void => {
  const { status, stdout } = router.mlb('plan');
  assert.equal(stdout, 'nothing to do\n');
  assert.equal(status, 0);
  assert.deepEqual(leftOvers(router), []);
};

const eventLines = (router: Router): ReturnType<typeof logOf> =>
  logOf(router).filter(({ event }) => event !== undefined);

for (const count of [2, 4, 16])
  test(`${count} hooks that wait for the lock share one run, and every event counts`, { skip }, async (t) => {
    const router = await routerFor(t);
    const hooks = Array.from({ length: count }, (_, index) => `${eventOf(index)} & pids="$pids $!"`);
    router.sh(`ip link del w0; cd /; pids=
      ${HOLD}
      ${hooks.join('\n')}
      ${untilSpooled(count)}
      touch /run/go; wait $holder; for pid in $pids; do wait $pid || exit 78; done`);
    assertSettled(router);
    assert.deepEqual(statesOf(router), {
      dsl1: 'absent',
      dsl2: 'up',
      cable: count > 2 ? 'vetoed' : 'up',
    });
    assert.deepEqual(balanced(router), count > 2 ? ['w1'] : ['w1', 'w2']);
    const lines = eventLines(router);
    assert.equal(lines.length, count);
    // On a slow machine one may give up before the last has come: that changes nothing.
    const runs = lines.filter(({ msg }) => msg !== COALESCED && msg !== GAVE_UP);
    assert.equal(runs.length, 1);
    assert.ok(lines.some(({ msg }) => msg === COALESCED));
  });

test('sixteen hooks at once, with devices destroyed and made again meanwhile, end in the right state', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  const several = (count: number, from = 0): string =>
    Array.from({ length: count }, (_, index) => `${eventOf(from + index)} &`).join('\n');
  router.sh(`cd /
    ${several(4, 1)}
    ip link del w1
    ${pppCommand('down', 'w1')} &
    sleep 0.1
    ip link del w0
    ${several(4)}
    ${RECREATE.w1}
    ${BRING_UP.w1}
    ${pppCommand('up', 'w1')} &
    sleep 0.05
    ip link set w2 down
    ${several(4, 2)}
    ip link set w2 up
    sleep 0.3
    ${ethernetCommand('up', 'w2')} &
    ${pppCommand('up', 'w1')} &
    wait`);
  assertSettled(router);
  assert.equal(eventLines(router).length, 16);
  assert.equal(statesOf(router).dsl1, 'absent');
  assert.equal(statesOf(router).dsl2, 'up');
  assert.ok(balanced(router).includes('w1'));
});

test('the event of a hook that is killed while it waits is applied by the next run', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh(`cd /
    ${HOLD}
    ${ethernetCommand('down', 'w2')} & victim=$!
    ${untilSpooled(1)}
    kill -9 $victim; wait $victim
    touch /run/go; wait $holder
    ${pppCommand('up', 'w0')}`);
  assertSettled(router);
  assert.deepEqual(statesOf(router), { dsl1: 'up', dsl2: 'up', cable: 'vetoed' });
});

test('a hook that gave up leaves its event to the next run and says so', { skip }, async (t) => {
  const router = await routerFor(t);
  const waited = router.sh(`cd /
    ${HOLD}
    start=$(date +%s%N)
    ${ethernetCommand('down', 'w2')}
    echo "$? $((($(date +%s%N) - start) / 1000000))"
    touch /run/go; wait $holder`);
  const [status, milliseconds] = waited.trim().split(' ').map(Number);
  assert.notEqual(status, 0);
  assert.ok(milliseconds !== undefined && milliseconds >= 2900 && milliseconds < 4500, `${milliseconds} ms`);
  assert.equal(eventLines(router).at(-1)?.msg, GAVE_UP);
  router.sh(pppCommand('up', 'w0'));
  assertSettled(router);
  assert.equal(statesOf(router).cable, 'vetoed');
});

/** An `ip` that takes 0.3 s to change anything, and says when it starts. */
const SLOW_IP = `cp /usr/bin/ip /run/real-ip
  printf '%s\\n' '#!/bin/sh' 'case "$*" in *-force*) touch /run/applying; sleep 0.3;; esac' \
    'exec /run/real-ip "$@"' >/run/slow-ip
  chmod 755 /run/slow-ip; mount --bind /run/slow-ip /usr/bin/ip`;

test('a holder killed in the middle of its changes costs the next event less than a second', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  const elapsed = router.sh(`cd /; ${SLOW_IP}
    start=$(date +%s%N); ${pppCommand('up', 'w0')}; usual=$((($(date +%s%N) - start) / 1000000))
    ip link del w0; rm -f /run/applying
    ${pppCommand('down', 'w0')} & victim=$!
    while [ ! -e /run/applying ]; do sleep 0.01; done
    kill -9 $victim
    start=$(date +%s%N); ${pppCommand('up', 'w1')}
    echo "$usual $((($(date +%s%N) - start) / 1000000))"; umount /usr/bin/ip`);
  const [usual = 0, after = 0] = elapsed.trim().split(' ').map(Number);
  assert.deepEqual(
    eventLines(router).map(({ device }) => device),
    ['w0', 'w1'],
    'the second hook was killed before it could log',
  );
  assert.ok(after - usual < 1000, `${after} ms instead of ${usual} ms`);
  assertSettled(router);
  assert.deepEqual(statesOf(router), { dsl1: 'absent', dsl2: 'up', cable: 'up' });
});

for (const years of ['-10', '+10'])
  test(`a clock that is ${years} years off neither keeps a dead holder's lock nor breaks a live one`, {
    skip,
  }, async (t) => {
    const router = await routerFor(t);
    const age = `mkdir -p /run/mlb-hooks/lock; touch -d '${years} years' /run/mlb-hooks/lock /run/mlb-hooks`;
    router.sh(`ip link del w0; ${age}; ${pppCommand('down', 'w0')}`);
    assert.deepEqual(balanced(router), ['w1', 'w2']);

    const order = router.sh(`cd /
      ${HOLD}
      ${age}
      (${pppCommand('up', 'w1')}; echo hook) &
      ${untilSpooled(1)}
      sleep 0.5; echo holder; touch /run/go; wait`);
    assert.equal(order, 'holder\nhook\n');
    assertSettled(router);
    assert.deepEqual(complaintsOf(router), []);
  });
