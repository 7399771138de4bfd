import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { THREE } from '../balance/uplinks.ts';
import { hideTools } from '../hook-tools.ts';
import { skip } from '../router.ts';
import { QUICK, until, type WatchedLab, watchedLab } from './lab.ts';
import { showSaid } from './monitor-process.ts';

/** Puts a script in the place of a program, for all of the lab. */
const instead = (program: string, text: string): string => `
cat > /run/instead <<'END'
${text}
END
chmod 755 /run/instead
mount --bind /run/instead ${program}`;

const problemsOf = (lab: WatchedLab): string[] =>
  lab.monitor.said.filter(({ isProblem }) => isProblem).map(({ text }) => text);

const allUnknown = (lab: WatchedLab): Promise<unknown> =>
  until('nothing known', lab.healths, (seen) => seen.every((health) => health === 'unknown'));

/** Nothing is known of any line: all are used, that is said once for each, and nobody starts programs in a circle. */
const mustDoWithout = async (lab: WatchedLab, complaint: RegExp): Promise<void> => {
  await lab.monitor.says(complaint);
  await allUnknown(lab);
  await sleep(1500);
  assert.deepEqual(lab.members(), ['w0', 'w1', 'w2']);
  const complaints = problemsOf(lab).filter((text) => complaint.test(text));
  assert.equal(complaints.length, lab.uplinks.length, showSaid(lab.monitor.said));
};

const labWith = (t: TestContext, first: string): Promise<WatchedLab> =>
  watchedLab(t, { uplinks: THREE, policies: QUICK }, first);

/** Makes a file system small, then full; ends with `rm FILE`. */
const fill = (folder: string): string => `
mount -o remount,size=$(( $(df -k --output=used ${folder} | tail -1) + 512 ))k ${folder}
head -c 2000000 /dev/zero > ${folder}/full 2>/dev/null; true`;

describe('what is wrong with the machine', { concurrency: 5 }, () => {
  test('no ping: it is said with the package, lines are in use, and it is used once it is there', {
    skip,
  }, async (t) => {
    const { hide, show } = hideTools('ping');
    const lab = await labWith(t, hide);
    await mustDoWithout(lab, /target "10\.99\.0\.1": ping.*iputils-ping/);
    // What changes no verdict is written when the old word has become old.
    await until(
      'said by status',
      () => lab.mlb('status').stdout,
      (text) => /iputils-ping/.test(text),
    );
    lab.sh(show);
    await lab.allAlive();
  });

  test('a ping that prints nonsense says nothing of the line', { skip }, async (t) => {
    const nonsense = `#!/bin/sh
      while printf '64 bytes from \\033[31m: icmp_seq=x time=NaN ms\\n\\377\\0 From no answer yet for icmp_seq=\\n'
      do sleep 0.1; done`;
    const lab = await labWith(t, instead('/usr/bin/ping', nonsense));
    await mustDoWithout(lab, /target "10\.99\.0\.1": ping/);
    // Those that run still use it.
    lab.sh('umount -l /usr/bin/ping');
    await lab.allAlive();
  });

  test('a ping that ends at once is started ever more seldom', { skip }, async (t) => {
    const broken = '#!/bin/sh\necho x >> /run/started\necho "ping: socket: broken" >&2; exit 2';
    const lab = await labWith(t, instead('/usr/bin/ping', broken));
    await mustDoWithout(lab, /target "10\.99\.0\.1": ping: socket: broken/);
    const before = Number(lab.sh('wc -l < /run/started'));
    await sleep(3000);
    const started = Number(lab.sh('wc -l < /run/started')) - before;
    assert.ok(started <= 6, `started ${started} times in 3 s for three targets`);
  });

  test('a name that does not resolve is of no account until it does', { skip }, async (t) => {
    const lab = await watchedLab(
      t,
      {
        uplinks: THREE,
        policies: QUICK.replace('"10.99.0.1"', '["10.99.0.1", "probe.example.org"]\nneeded = 2'),
      },
      // A file of resolv.conf that names nobody: the resolver asks this host, where nobody listens.
      'rm -f /etc/resolv.conf; : > /etc/resolv.conf',
    );
    await lab.allAlive();
    assert.match(problemsOf(lab).join('\n'), /"probe\.example\.org" does not resolve .*resolv\.conf/);
    lab.sh('echo 10.99.0.3 probe.example.org >> /etc/hosts');
    const targets = (): (string | undefined)[] =>
      lab.findings().verdicts[0]?.targets.map(({ health }) => health) ?? [];
    await until('the name known', targets, (seen) => seen.join() === 'alive,alive', 15);
    lab.breakWhere(lab.line(1), 'ip daddr 10.99.0.3');
    await lab.monitor.says(/^line1: dead .*probe\.example\.org/);
  });

  test('no space in /run and /var/log: dead lines leave the routes all the same', { skip }, async (t) => {
    const lab = await labWith(t, 'true');
    await lab.allAlive();
    lab.sh(fill('/run'));
    lab.sh(fill('/var/log'));
    lab.break(lab.line(1), 'both');
    await until('line1 out', lab.members, (seen) => seen.join() === 'w1,w2');
    lab.mend(lab.line(1));
    await until('line1 back', lab.members, (seen) => seen.join() === 'w0,w1,w2');
    assert.match(problemsOf(lab).join('\n'), /cannot be written: .*\/run/);
    lab.sh('rm /run/full /var/log/full');
    lab.break(lab.line(2), 'both');
    await until('line2 out', lab.members, (seen) => seen.join() === 'w0,w2');
    await until(
      'its word',
      () => lab.healths().join(),
      (seen) => seen === 'alive,dead,alive',
    );
  });

  test('a machine that sleeps for ten seconds has no outage, and judges as before', { skip }, async (t) => {
    const lab = await labWith(t, 'true');
    await lab.allAlive();
    for (const who of ['everybody', undefined] as const) {
      const before = lab.monitor.said.length;
      lab.monitor.signal('SIGSTOP', who);
      // Probes that go on meanwhile tell of what is over when they are read.
      if (who === undefined) lab.break(lab.line(1), 'both');
      await sleep(who === undefined ? 4000 : 10_000);
      lab.mend(lab.line(1));
      await sleep(300);
      lab.monitor.signal('SIGCONT', who);
      await sleep(2500);
      const states = lab.monitor.said.slice(before).filter(({ text }) => /^line\d: /.test(text));
      assert.deepEqual(
        states.map(({ text }) => text),
        [],
      );
    }
    const broken = performance.now();
    lab.break(lab.line(1), 'both');
    await lab.monitor.says(/^line1: dead/, broken, 5);
  });

  test('a clock that jumps by days again and again changes nothing', { skip }, async (t) => {
    // Each look at the clock of the day tells another day.
    const jumping = `cat > /run/jump.cjs <<'END'
const real = Date.now;
const jump = () => real() + Math.round((Math.random() - 0.5) * 4e9);
globalThis.Date = class extends Date {
  constructor(...args) { super(...(args.length === 0 ? [jump()] : args)); }
  static now() { return jump(); }
};
END`;
    const options = 'NODE_OPTIONS="--require /run/jump.cjs"';
    const lab = await watchedLab(t, { uplinks: THREE, policies: QUICK }, jumping, options);
    await lab.allAlive();
    await sleep(3000);
    assert.ok(!lab.monitor.said.some(({ text }) => /^line\d: /.test(text)), showSaid(lab.monitor.said));
    for (let round = 0; round < 2; round++) {
      const broken = performance.now();
      lab.break(lab.line(1), 'both');
      await lab.monitor.says(/^line1: dead/, broken, 5);
      assert.deepEqual(lab.members(), ['w1', 'w2']);
      const mended = performance.now();
      lab.mend(lab.line(1));
      await lab.monitor.says(/^line1: up/, mended, 8);
    }
    const { until: believed } = lab.findings();
    const uptime = Number(lab.sh('cat /proc/uptime').split(' ')[0]);
    assert.ok(believed > uptime && believed <= uptime + 15, `believed until ${believed}, now ${uptime}`);
  });
});
