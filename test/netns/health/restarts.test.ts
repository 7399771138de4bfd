import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { THREE } from '../balance/uplinks.ts';
import { skip } from '../router.ts';
import { DIST } from '../sandbox.ts';
import { until, type WatchedLab, watchedLab } from './lab.ts';
import { showSaid } from './monitor-process.ts';

/** The gateway is asked, as by default, and all is quicker. */
const IMPLICIT = `
[health]
interval = 0.2
timeout = 0.4
down-after = 3
up-after = 5

[monitor]
hold-limit = 5
`;

const labOf = async (t: TestContext, policies = IMPLICIT): Promise<WatchedLab> => {
  const lab = await watchedLab(t, { uplinks: THREE, policies });
  await lab.allAlive();
  return lab;
};

/** What systemd does: SIGTERM, ExecStopPost, ExecStart. */
const restartAsService = async (lab: WatchedLab): Promise<number> => {
  assert.equal(await lab.monitor.end('SIGTERM'), 0);
  assert.equal(lab.mlb('apply --no-health').status, 0);
  assert.deepEqual(lab.members(), ['w0', 'w1', 'w2'], 'nothing that it found counts any more');
  const restarted = performance.now();
  lab.monitor.restart();
  return restarted;
};

describe('what a monitor knows and the next one learns', { concurrency: 6 }, () => {
  test('a gateway that has answered one monitor is believed by the next, dead or not', {
    skip,
  }, async (t) => {
    const lab = await labOf(t);
    lab.break(lab.line(1), 'both');
    await lab.monitor.says(/^line1: dead/);
    const restarted = await restartAsService(lab);
    await lab.monitor.says(/^line1: dead/, restarted);
    assert.deepEqual(lab.members(), ['w1', 'w2']);
    const [verdict] = lab.findings().verdicts;
    assert.equal(verdict?.flaps, 2, 'the death before the restart counts');
  });

  test('another gateway on the same link is another matter: only one that has answered can be dead', {
    skip,
  }, async (t) => {
    const lab = await labOf(t);
    const line = lab.line(3);
    lab.break(line, 'both');
    await lab.monitor.says(/^line3: dead/);
    const before = lab.sh('cat /etc/mlb-hooks/config.toml');
    assert.equal(lab.findings().verdicts[2]?.gateway, line.gateway);
    lab.configure(before.replace(`gateway = "${line.gateway}"`, `gateway = "${line.gateway}7"`));
    lab.monitor.signal('SIGHUP');
    await until('line3 in use', lab.members, (seen) => seen.includes('w2'));
    assert.equal(lab.findings().verdicts[2]?.health, 'unknown');
  });

  test('two that start at the same moment: one stays', { skip }, async (t) => {
    const lab = await labOf(t);
    await lab.monitor.end('SIGKILL');
    lab.sh('rm /run/mlb-hooks/verdicts.json');
    lab.monitor.restart();
    lab.monitor.restart();
    await lab.monitor.says(/^a monitor runs already/);
    await until(
      'its word',
      () => lab.try('ls /run/mlb-hooks/verdicts.json').status,
      (status) => status === 0,
    );
    await lab.allAlive();
    assert.equal(lab.monitor.said.filter(({ text }) => /^a monitor runs already/.test(text)).length, 1);
  });

  for (const [what, redirect] of [
    ['a full disk behind its output', '>/dev/full 2>/dev/full'],
    ['an output that nobody reads any more', '| head -1'],
  ] as const)
    test(`${what} does not end it`, { skip }, async (t) => {
      const lab = await labOf(t);
      await lab.monitor.end('SIGTERM');
      const program = `${process.execPath} ${DIST}/mlb-hooks.cjs`;
      const shell = lab.start(`${program} monitor ${redirect}`);
      t.after(() => shell.kill('SIGKILL'));
      await until(
        'the first line',
        () => lab.mlb('status').stdout,
        (text) => text.includes('health checks: monitor'),
      );
      lab.break(lab.line(1), 'both');
      await until('line1 out', lab.members, (seen) => seen.join() === 'w1,w2');
      lab.break(lab.line(2), 'both');
      await until('line2 out', lab.members, (seen) => seen.join() === 'w2');
      process.kill(lab.findings().pid, 'SIGTERM');
    });

  test('a name that servers do not answer for does not hold up its end', { skip }, async (t) => {
    const lab = await watchedLab(
      t,
      { uplinks: THREE, policies: `${IMPLICIT.replace('[health]', '[health]\ntargets = "example.org"')}` },
      'printf "nameserver 10.99.0.66\\nnameserver 10.99.0.67\\n" > /run/resolv; mount --bind /run/resolv /etc/resolv.conf',
    );
    await sleep(1000);
    const started = performance.now();
    assert.equal(await lab.monitor.end('SIGTERM'), 0);
    assert.ok(performance.now() - started < 3000, showSaid(lab.monitor.said));
  });

  test('a pipe where its metrics should go holds up nothing', { skip }, async (t) => {
    const lab = await watchedLab(
      t,
      { uplinks: THREE, policies: `${IMPLICIT}metrics-file = "/run/metrics/lines.prom"` },
      'mkdir -p /run/metrics; mkfifo /run/metrics/lines.prom.tmp /run/metrics/.lines.prom.tmp',
    );
    await lab.allAlive();
    lab.break(lab.line(1), 'both');
    await lab.monitor.says(/^line1: dead/);
    await until(
      'the metrics',
      () => lab.try('cat /run/metrics/lines.prom').stdout,
      (text) => text.includes('mlb_hooks_uplink_state'),
    );
  });
});
