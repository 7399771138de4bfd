import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balanced, complaintsOf, hideTools, logOf, statesOf } from './hook-tools.ts';
import { downHook, type Router, routerFor, skip, upHook } from './router.ts';

/** w0 is destroyed and its hook runs; what the hook said on stderr. */
const hangUp = (router: Router): { status: number | null; stderr: string } => {
  router.sh('ip link del w0');
  const { status, stderr } = downHook(router, 'w0');
  return { status, stderr };
};

const assertRouted = (router: Router): void => {
  assert.deepEqual(balanced(router), ['w1', 'w2']);
  // The dead uplink's table leads to the survivors.
  assert.match(
    router.sh('ip route show table 7701'),
    /nexthop via 10\.64\.0\.1 dev w1 .*nexthop via 10\.64\.2\.1 dev w2/s,
  );
  assert.equal(router.sh('ip rule show from 10.64.0.10'), '');
};

test('without ip, the log says what to install, and the event counts as soon as ip is back', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  const { hide, show } = hideTools('ip');
  router.sh(hide);
  const { status, stderr } = downHook(router, 'w2');
  router.sh(show);
  assert.equal(stderr, '');
  assert.notEqual(status, 0);
  assert.match(complaintsOf(router).join('\n'), /^ip .*: not found \(looked in .*\); install .* iproute2$/m);
  upHook(router, 'w1');
  assert.equal(statesOf(router).cable, 'vetoed');
});

test('an ip that cannot be executed is told apart from one that is not there', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh('mount --bind /dev/null /usr/bin/ip');
  const { status } = downHook(router, 'w2');
  router.sh('umount /usr/bin/ip');
  assert.notEqual(status, 0);
  assert.match(complaintsOf(router).join('\n'), /^ip .*: cannot be executed \(EACCES\); .*iproute2 again$/m);
});

for (const [tool, says] of [
  ['tc', /^tc .*: not found \(looked in .*\); install the Debian package iproute2$/m],
  ['flock', /^flock: not found \(looked in .*\); install the Debian package util-linux; until then/m],
  ['ss', /^ss .*: not found \(looked in .*\); install the Debian package iproute2$/m],
] as const)
  test(`without ${tool}, everything is routed all the same, and the log says what to install`, {
    skip,
  }, async (t) => {
    const router = await routerFor(t);
    const { hide, show } = hideTools(tool);
    router.sh(hide);
    const { status, stderr } = hangUp(router);
    router.sh(show);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assertRouted(router);
    assert.match(complaintsOf(router).join('\n'), says);
  });

/** A file system that has no room left. */
const full = (folder: string, options = 'size=4k'): string =>
  `mkdir -p ${folder}; mount -t tmpfs -o mode=700,${options} tmpfs ${folder}
  dd if=/dev/zero of=${folder}/fill bs=4k 2>/dev/null || true`;

test('a full /var/log costs the log line and nothing else', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh(full('/var/log'));
  const { stderr } = hangUp(router);
  assert.equal(stderr, '');
  assertRouted(router);
});

test('a full /run costs what is remembered and nothing else, and the log says so', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh(full('/run/mlb-hooks'));
  const { stderr } = hangUp(router);
  assert.equal(stderr, '');
  assertRouted(router);
  const complaints = complaintsOf(router).join('\n');
  assert.match(complaints, /the event cannot be spooled: ENOSPC/);
  assert.match(complaints, /state\.json: cannot be written: ENOSPC/);
});

test('a /run without a free inode is routed too', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh(`${full('/run/mlb-hooks', 'nr_inodes=4')}; cd /run/mlb-hooks; touch 1 2 3 4 2>/dev/null || true`);
  const { stderr } = hangUp(router);
  assert.equal(stderr, '');
  assertRouted(router);
});

test('a read-only /run is routed too, and the log says what is not remembered', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh('mount -t tmpfs -o mode=700 tmpfs /run/mlb-hooks; mount -o remount,ro /run/mlb-hooks');
  const { stderr } = hangUp(router);
  assert.equal(stderr, '');
  assertRouted(router);
  assert.match(complaintsOf(router).join('\n'), /state\.json: cannot be written: EROFS/);
});

test('a log and a /run that are full at once are routed too', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh(`${full('/run/mlb-hooks')}\n${full('/var/log')}`);
  hangUp(router);
  assertRouted(router);
});

for (const [what, damage] of [
  ['garbage', "printf '\\377\\000no json' >/run/mlb-hooks/state.json"],
  ['cut short', 'truncate -s 40 /run/mlb-hooks/state.json'],
  ['empty', ': >/run/mlb-hooks/state.json'],
  ['of another shape', 'echo \'{"uplinks":{"1":7},"sysctls":"x"}\' >/run/mlb-hooks/state.json'],
  ['missing', 'rm /run/mlb-hooks/state.json'],
] as const)
  test(`a state file that is ${what} is rebuilt, and the log says so`, { skip }, async (t) => {
    const router = await routerFor(t);
    router.sh(damage);
    const { status } = hangUp(router);
    assert.equal(status, 0);
    assertRouted(router);
    assert.match(complaintsOf(router).join('\n'), /^\/run\/mlb-hooks\/state\.json: .*; went on without it$/m);
    const lines = logOf(router).length;
    upHook(router, 'w1');
    assert.equal(logOf(router).length, lines + 1, 'it is said once');
    assert.equal(statesOf(router).dsl1, 'absent');
  });

test('a run directory that is lost between two events is made again', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh('rm -r /run/mlb-hooks');
  const { status, stderr } = hangUp(router);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assertRouted(router);
  assert.equal(router.sh('stat -c %a:%u /run/mlb-hooks'), '700:0\n');
});
