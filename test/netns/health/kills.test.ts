import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { flows } from '../balance/flows.ts';
import { harmed, showReport } from '../balance/held.ts';
import { THREE } from '../balance/uplinks.ts';
import { skip } from '../router.ts';
import { until, type WatchedLab, watchedLab } from './lab.ts';
import { isRunning, showSaid } from './monitor-process.ts';

/** Quick to judge and to forgive: what is shown here is not how long that takes. */
const QUICK = `
[health]
targets = ["gateway", "tcp:10.99.0.1:80", "dns:10.99.0.2/example.org"]
needed = 1
interval = 0.2
timeout = 0.4
down-after = 3
up-after = 5

[monitor]
hold-limit = 2
`;

/** Seconds for which a verdict is believed, and some more for a look. */
const BELIEVED = 15;

/** The shell that waits for the monitor's end is the only child that outlives it. */
const NO_GUARDIAN = /^(?!.*mlb-hooks-guardian)/;

const labOf = async (t: TestContext): Promise<WatchedLab> => {
  const lab = await watchedLab(t, { uplinks: THREE, policies: QUICK });
  await lab.allAlive();
  return lab;
};

const allWork = (lab: WatchedLab): Promise<unknown> =>
  until('all lines in use', lab.members, (seen) => seen.join() === 'w0,w1,w2', 30);

describe('a monitor that is killed', { concurrency: 6 }, () => {
  test('no process of a killed monitor outlives it, but for its guardian', { skip }, async (t) => {
    const lab = await labOf(t);
    const [first, second, third] = lab.uplinks;
    assert.ok(first && second && third);
    // One line in which nothing answers, so that pings have nothing but their own complaints to print.
    lab.break(second, 'both');
    await lab.monitor.says(/^line2: dead/);
    const children = lab.monitor.children(NO_GUARDIAN);
    for (const tool of [/^ping /, /^(\S*\/)?socat /, /^ip .*monitor/, /^tc monitor/, /^nft monitor/])
      assert.ok(
        children.some(({ command }) => tool.test(command.replace(/^\/\S*\//, ''))),
        `${tool} among ${children.map(({ command }) => command).join('\n')}`,
      );
    assert.equal(await lab.monitor.end('SIGKILL'), null);
    await until(
      'all children ended',
      () => children.filter(({ pid }) => isRunning(pid)),
      (left) => left.length === 0,
      5,
    );
  });

  test('its verdicts expire within 15 s, and hooks use the line again', { skip }, async (t) => {
    const lab = await labOf(t);
    const line = lab.line(1);
    lab.break(line, 'both');
    await lab.monitor.says(/^line1: dead/);
    assert.deepEqual(lab.members(), ['w1', 'w2']);
    await lab.monitor.end('SIGKILL');
    const killed = performance.now();
    const hook = (): string[] => {
      assert.equal(lab.event('up', line).status, 0);
      return lab.members();
    };
    assert.deepEqual(hook(), ['w1', 'w2'], 'its word still holds');
    await sleep(1000 * (BELIEVED - 6));
    assert.ok(performance.now() - killed < 1000 * BELIEVED);
    await until('the line in use again', hook, (seen) => seen.includes('w0'), 8);
    // The line is as dead as before: a new monitor finds that out anew.
    const restarted = performance.now();
    lab.monitor.restart();
    await lab.monitor.says(/^line1: dead/, restarted);
    assert.deepEqual(lab.members(), ['w1', 'w2']);
  });

  test('killed with nobody to start it again, it has a guardian who gives the lines back', {
    skip,
  }, async (t) => {
    const lab = await labOf(t);
    lab.break(lab.line(1), 'both');
    await lab.monitor.says(/^line1: dead/);
    await lab.monitor.end('SIGKILL');
    await sleep(1000 * (BELIEVED - 3));
    assert.deepEqual(lab.members(), ['w1', 'w2'], 'its word still holds');
    await allWork(lab);
  });

  test('ended by a signal it leaves everything as it is, and nobody behind', { skip }, async (t) => {
    const lab = await labOf(t);
    lab.break(lab.line(1), 'both');
    await lab.monitor.says(/^line1: dead/);
    const children = lab.monitor.children();
    assert.equal(await lab.monitor.end('SIGTERM'), 0);
    await until(
      'all children ended',
      () => children.filter(({ pid }) => isRunning(pid)),
      (left) => left.length === 0,
      5,
    );
    await sleep(1000 * (BELIEVED + 3));
    assert.deepEqual(lab.members(), ['w1', 'w2']);
  });

  test('one that hangs is believed no longer, and has its way again when it goes on', {
    skip,
  }, async (t) => {
    const lab = await labOf(t);
    const line = lab.line(1);
    lab.break(line, 'both');
    await lab.monitor.says(/^line1: dead/);
    lab.monitor.signal('SIGSTOP');
    await sleep(1000 * BELIEVED);
    assert.equal(lab.event('up', line).status, 0);
    assert.deepEqual(lab.members(), ['w0', 'w1', 'w2']);
    lab.monitor.signal('SIGCONT');
    await until('line1 out', lab.members, (seen) => seen.join() === 'w1,w2');
  });

  test('killed again and again at any moment: connections stay, a dead line stays out, nothing is left behind', {
    skip,
  }, async (t) => {
    const lab = await labOf(t);
    const line = lab.line(1);
    lab.break(line, 'both');
    await lab.monitor.says(/^line1: dead/);
    await lab.stream();
    const long = await lab.hold([...flows(10), ...flows(10, { protocol: 'udp' })]);
    const entering = lab.watch('udp dport 7007', 'tcp dport 7007');
    const ended: number[] = [];
    for (const milliseconds of [0, 30, 120, 400, 60, 900, 250, 10]) {
      ended.push(lab.monitor.pid(), ...lab.monitor.children(NO_GUARDIAN).map(({ pid }) => pid));
      await lab.monitor.end('SIGKILL');
      lab.monitor.restart();
      await sleep(milliseconds);
    }
    const restarted = performance.now();
    await lab.monitor.says(/^monitor .*: watching/, restarted - 200, 30);
    await sleep(500);
    assert.deepEqual(lab.members(), ['w1', 'w2'], showSaid(lab.monitor.said));
    assert.equal(entering().line1, 0);
    assert.deepEqual(harmed(await long.ask()).map(showReport), []);
    await until(
      'all children ended',
      () => ended.filter(isRunning),
      (left) => left.length === 0,
      5,
    );
    lab.mend(line);
    await allWork(lab);
    assert.equal(lab.sh('ls -A /run/mlb-hooks/events 2>/dev/null || true').trim(), '');
    assert.equal(lab.mlb('plan').stdout, 'nothing to do\n');
  });

  test('its children are started again, and their death or their sleep is no outage', { skip }, async (t) => {
    const lab = await labOf(t);
    const before = lab.monitor.said.length;
    const standing = /ping -n|ip -o .*monitor|tc monitor|nft monitor|socat .*UDP/;
    const count = lab.monitor.children(standing).length;
    assert.equal(count, 3 + 3 + 3, showChildren(lab));
    const killed = lab.monitor.children(standing).map(({ pid }) => pid);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await until(
      'all children back',
      () => lab.monitor.children(standing).filter(({ pid }) => !killed.includes(pid)).length,
      (number) => number === count,
    );
    const stopped = lab.monitor.children(/ping -n/).map(({ pid }) => pid);
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    await until(
      'the stopped ones ended',
      () => stopped.filter(isRunning),
      (left) => left.length === 0,
      5,
    );
    await until(
      'their like at work',
      () => lab.monitor.children(/ping -n/).length,
      (number) => number === 3,
    );
    await sleep(1500);
    assert.deepEqual(lab.members(), ['w0', 'w1', 'w2']);
    const states = lab.monitor.said.slice(before).filter(({ text }) => /^line\d: /.test(text));
    assert.deepEqual(
      states.map(({ text }) => text),
      [],
    );
    await until(
      'as many as before',
      () => lab.monitor.children(standing).length,
      (number) => number === count,
    );
    // It still hears and judges.
    lab.sh('ip rule del priority 20102');
    await until(
      'the rule',
      () => lab.sh('ip rule show priority 20102').trim(),
      (text) => text !== '',
    );
    lab.break(lab.line(3), 'both');
    await lab.monitor.says(/^line3: dead/);
  });

  test('a listener that hangs: what it does not tell is seen within half a minute', { skip }, async (t) => {
    const lab = await labOf(t);
    const [listener] = lab.monitor.children(/ip -o .*monitor/);
    assert.ok(listener);
    process.kill(listener.pid, 'SIGSTOP');
    lab.sh('ip rule del priority 20102');
    const rule = (): string => lab.sh('ip rule show priority 20102').trim();
    await until('the rule', rule, (text) => text !== '', 35);
  });
});

const showChildren = (lab: WatchedLab): string =>
  lab.monitor
    .children()
    .map(({ pid, command }) => `${pid} ${command}`)
    .join('\n');
