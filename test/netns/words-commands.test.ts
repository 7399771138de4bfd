import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Verdict } from '../../src/model.ts';
import type { Findings } from '../../src/system/verdicts.ts';
import { makeRouter, ours, type Router, routerFor, skip, upHook } from './router.ts';

const WORDS = '/var/lib/mlb-hooks/words.json';

/** State and word of dsl1, dsl2 and cable. */
const states = (router: Router): string[] =>
  JSON.parse(router.mlb('status --json').stdout).uplinks.map(
    ({ state, word }: { state: string; word: string | null }) => `${state} ${word}`,
  );

/** What is known by the kernel and below /run goes, what is on the disk stays; then all lines come up again. */
const reboot = (router: Router): void => {
  router.mlb('flush');
  router.sh('rm -r /run/mlb-hooks');
  for (const device of ['w0', 'w1', 'w2'] as const) upHook(router, device);
};

test('drain and disable take a line from new connections, and enable gives it back', { skip }, async (t) => {
  const router = await routerFor(t);
  const before = ours(router);
  const drained = router.mlb('drain dsl1');
  assert.deepEqual([drained.status, drained.stderr], [0, '']);
  assert.match(drained.stdout, /^ip -4 route replace default table 7700 .*dev w1 .*dev w2 weight 3$/m);
  assert.match(router.sh('ip route show table 7701'), /^default via 10\.64\.0\.1 dev w0 .*metric 1 /m);
  const disabled = router.mlb('disable w1');
  assert.deepEqual([disabled.status, disabled.stderr], [0, '']);
  assert.deepEqual(states(router), ['draining draining', 'disabled disabled', 'up null']);
  assert.equal(router.sh('ip route show table 7700 | grep -v "dev w2" || true'), '');
  assert.deepEqual(router.mlb('disable dsl2'), {
    status: 0,
    stdout: 'uplink "dsl2": disabled; nothing to do\n',
    stderr: '',
  });
  for (const name of ['w0', 'dsl2 --persist']) assert.equal(router.mlb(`enable ${name}`).status, 0);
  assert.equal(ours(router), before);
  assert.deepEqual(router.mlb('enable dsl1'), {
    status: 0,
    stdout: 'uplink "dsl1": enabled; nothing to do\n',
    stderr: 'uplink "dsl1" was neither disabled nor draining\n',
  });
  assert.equal(router.try(`ls ${WORDS}`).status, 2, 'nothing is written that nobody asked to keep');
  assert.match(router.sh('cat /var/log/mlb-hooks.log'), /"hook":"disable dsl2".*"working":\["cable"\]/);
});

test('a persisted word outlives a reboot, another one does not, and enable ends it for good', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  router.mlb('drain dsl1 --persist');
  router.mlb('disable dsl2');
  assert.deepEqual(states(router), ['draining draining', 'disabled disabled', 'up null']);
  reboot(router);
  assert.deepEqual(states(router), ['draining draining', 'up null', 'up null']);
  router.mlb('disable dsl1');
  assert.deepEqual(states(router)[0], 'disabled disabled');
  reboot(router);
  assert.deepEqual(states(router)[0], 'draining draining');
  router.mlb('enable dsl1');
  assert.deepEqual(states(router)[0], 'up null');
  reboot(router);
  assert.deepEqual(states(router)[0], 'up null');
});

test('no event and no redial ends a word, and "up" says so', { skip }, async (t) => {
  const router = await routerFor(t);
  router.mlb('disable dsl1');
  upHook(router, 'w0');
  assert.deepEqual(router.mlb('up dsl1'), {
    status: 0,
    stdout: 'nothing to do\n',
    stderr: 'uplink "dsl1" stays disabled; back with: mlb-hooks enable dsl1\n',
  });
  assert.equal(router.mlb('down dsl1').stderr, '');
  assert.equal(states(router)[0], 'disabled disabled');
  assert.match(
    router.mlb('enable dsl1').stderr,
    /^uplink "dsl1" is vetoed: taken out of use by "mlb-hooks down"; /,
  );
});

test('what keeps a line out besides the word is said', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh('ip link set w0 down');
  assert.equal(
    router.mlb('drain dsl1').stderr,
    'uplink "dsl1" is out of use anyway (down: w0 is administratively down), and draining when it is back\n',
  );
  assert.match(router.mlb('status').stdout, / draining when it is back\n +w0 is administratively down$/m);
  assert.equal(router.mlb('enable dsl1').stderr, 'uplink "dsl1" is down: w0 is administratively down\n');
  router.sh('ip link del w0');
  assert.match(router.mlb('down dsl1').stderr, /; to keep it out: mlb-hooks disable dsl1\n$/);
});

test('when no line is left for new connections, that is done and said', { skip }, async (t) => {
  const router = await routerFor(t);
  assert.equal(router.mlb('disable dsl1').stderr, '');
  router.sh('ip -n isp link set i1 down');
  const last = router.mlb('drain cable');
  assert.deepEqual(
    [last.status, last.stderr],
    [0, 'no uplink carries new connections now; "cable" is back with: mlb-hooks enable cable\n'],
  );
});

test('a word that cannot be kept holds until the next boot, and the command fails', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh('touch /var/lib/mlb-hooks');
  const { status, stderr } = router.mlb('disable dsl1 --persist');
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^\/var\/lib\/mlb-hooks\/words\.json: cannot be written: \/var\/lib\/mlb-hooks: is not a directory; .*; what was said holds until the next boot; /,
  );
  assert.equal(states(router)[0], 'disabled disabled');
  assert.equal(router.mlb('enable dsl1').status, 0, 'there is nothing to end on the disk');
});

test('words need a name that is configured, and their help says until when they hold', {
  skip,
}, async (t) => {
  const router = await makeRouter();
  t.after(router.stop);
  for (const verb of ['drain', 'disable', 'enable'])
    assert.deepEqual(router.mlb(`${verb} dsl9`), {
      status: 1,
      stdout: '',
      stderr: 'no uplink "dsl9" in the configuration; there are: dsl1 (w0), dsl2 (w1), cable (w2)\n',
    });
  assert.match(router.mlb('drain --help').stdout, /holds until "enable" or a reboot; with --persist /);
});

/** The monitor's word that dsl1 is dead and cable is well. */
const say = (router: Router, until: number): void => {
  const nothing = { loss: null, rtt: null, jitter: null };
  const line = (id: number, device: string): Verdict => ({
    id,
    device,
    index: Number(router.sh(`cat /sys/class/net/${device}/ifindex`)),
    since: 1,
    reason: '',
    flaps: 0,
    health: 'alive',
    loss: 0,
    rtt: 12,
    jitter: 1,
    targets: [{ target: '10.99.0.1', health: 'alive', reason: '', loss: 0, rtt: 12, jitter: 1 }],
  });
  const findings: Findings = {
    pid: 4711,
    until,
    verdicts: [
      {
        ...line(1, 'w0'),
        ...nothing,
        health: 'dead',
        reason: 'no answer from 10.99.0.1',
        loss: 1,
        flaps: 2,
        targets: [{ ...nothing, target: '10.99.0.1', health: 'dead', reason: 'no answer', loss: 1 }],
      },
      line(3, 'w2'),
    ],
    left: ['rule 20900: left alone for 5 min'],
  };
  router.sh('cat >/run/mlb-hooks/verdicts.json', JSON.stringify(findings));
};

test('status shows what the monitor found, and apply --no-health drops it', { skip }, async (t) => {
  const router = await routerFor(t);
  const before = ours(router);
  say(router, 1e9);
  assert.equal(router.mlb('apply').status, 0);
  const { stdout } = router.mlb('status');
  for (const row of [
    /^health checks: monitor 4711, 2 targets$/m,
    /^UPLINK +STATE +SINCE +SHARE +REAL +NEW +LOSS +RTT +DEVICE/m,
    /^dsl1 +dead +[0-9]+ s +0 % +- +0 +100 % +- +w0/m,
    /flapped 2 times lately/,
    /^ +no answer from 10\.99\.0\.1$/m,
    /^ +10\.99\.0\.1: dead, no answer, loss 100 %$/m,
    /^dsl2 +up .* - +- +w1/m,
    /^cable +up .* 0 % +12 ms +w2/m,
    /^rule 20900: left alone for 5 min$/m,
  ])
    assert.match(stdout, row);
  const { monitor, uplinks } = JSON.parse(router.mlb('status --json').stdout);
  assert.deepEqual(monitor, { pid: 4711, left: ['rule 20900: left alone for 5 min'] });
  assert.deepEqual(
    uplinks.map(({ health }: { health: Verdict | null }) => health?.health ?? null),
    ['dead', null, 'alive'],
  );
  assert.equal(router.mlb('apply --no-health').status, 0);
  assert.equal(ours(router), before);
  assert.equal(router.try('ls /run/mlb-hooks/verdicts.json').status, 2);
  assert.equal(JSON.parse(router.mlb('status --json').stdout).monitor, null);
  assert.deepEqual(router.mlb('apply --no-health'), { status: 0, stdout: 'nothing to do\n', stderr: '' });
});

test('what a monitor said that has ended is not believed any more', { skip }, async (t) => {
  const router = await routerFor(t);
  say(router, 1);
  assert.deepEqual(router.mlb('plan'), { status: 0, stdout: 'nothing to do\n', stderr: '' });
  assert.match(router.mlb('status').stdout, /^no monitor runs: lines that are up but dead are not noticed$/m);
});
