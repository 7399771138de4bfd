import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { flows, sharesOf } from '../balance/flows.ts';
import { harmed, showReport } from '../balance/held.ts';
import { THREE } from '../balance/uplinks.ts';
import { statesOf } from '../hook-tools.ts';
import { ours, skip } from '../router.ts';
import { QUICK, until, type WatchedLab, watchedLab } from './lab.ts';
import { isRunning } from './monitor-process.ts';

const labOf = async (t: TestContext): Promise<WatchedLab> => {
  const lab = await watchedLab(t, { uplinks: THREE, policies: QUICK });
  await lab.allAlive();
  return lab;
};

const members = (lab: WatchedLab, expected: string): Promise<unknown> =>
  until(`balance over ${expected}`, lab.members, (seen) => seen.join() === expected);

/** How often a device comes into the balance from now on. */
const countBalanced = (lab: WatchedLab, device: string): (() => number) => {
  const child = lab.start('exec ip monitor route');
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text.split('\n').filter((line) => /table 7700/.test(line) && line.includes(device)).length;
};

const pings = (lab: WatchedLab): string =>
  lab.monitor
    .children(/ping -n/)
    .map(({ command }) => command.match(/-I (\S+)/)?.[1])
    .sort()
    .join();

const mustSay = (lab: WatchedLab, words: string): void => {
  const { status, stderr } = lab.mlb(words);
  assert.equal(status, 0, `${words}: ${stderr}`);
};

describe('the monitor as a process', { concurrency: 4 }, () => {
  test('SIGTERM ends it and its children; kernel and connections stay', { skip }, async (t) => {
    const lab = await labOf(t);
    lab.break(lab.line(1), 'both');
    await lab.monitor.says(/^line1: dead/);
    const long = await lab.hold([...flows(10), ...flows(10, { protocol: 'udp' })]);
    const before = ours(lab);
    const children = lab.monitor.children().map(({ pid }) => pid);
    assert.equal(await lab.monitor.end('SIGTERM'), 0);
    await sleep(300);
    assert.equal(ours(lab), before);
    assert.deepEqual(children.filter(isRunning), []);
    assert.deepEqual(harmed(await long.ask()).map(showReport), []);
    assert.deepEqual(Object.keys(sharesOf(lab.connect(flows(40)))).sort(), ['line2', 'line3']);
    await lab.monitor.says(/^SIGTERM: the monitor ends/);
  });

  test('a second monitor is refused, and the first goes on', { skip }, async (t) => {
    const lab = await labOf(t);
    const { status, stderr } = lab.mlb('monitor');
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`a monitor runs already, as process ${lab.monitor.pid()}`));
    lab.break(lab.line(1), 'both');
    await lab.monitor.says(/^line1: dead/);
  });

  test('SIGHUP and the configuration: a new one is used, a wrong one is not, and said when asked', {
    skip,
  }, async (t) => {
    const lab = await labOf(t);
    const good = lab.sh('cat /etc/mlb-hooks/config.toml');
    const reload = async (toml: string): Promise<void> => {
      lab.configure(toml);
      lab.monitor.signal('SIGHUP');
      await sleep(700);
    };
    await reload(`${good}\nbalance = [`);
    lab.monitor.signal('SIGHUP');
    lab.sh('ip rule del priority 20101');
    await until(
      'the rule',
      () => lab.sh('ip rule show priority 20101').trim(),
      (text) => text !== '',
    );
    const complaints = lab.monitor.said.filter(({ text }) => /stays in use until this is mended/.test(text));
    // An operator who reloads gets an answer; the runs in between need none.
    assert.equal(complaints.length, 2, complaints.map(({ text }) => text).join('\n'));

    lab.sh('rm /etc/mlb-hooks/config.toml');
    lab.monitor.signal('SIGHUP');
    lab.break(lab.line(1), 'both');
    await lab.monitor.says(/^line1: dead/);
    lab.mend(lab.line(1));
    await members(lab, 'w0,w1,w2');

    // Another target, which answers by two lines only.
    lab.breakWhere(lab.line(2), 'ip daddr 10.99.0.9');
    await reload(good.replace('targets = "10.99.0.1"', 'targets = "10.99.0.9"'));
    await lab.monitor.says(/^line2: dead .*10\.99\.0\.9/);
    await members(lab, 'w0,w2');
    await reload(good.replace('targets = "10.99.0.1"', 'check = false'));
    await members(lab, 'w0,w1,w2');
    assert.equal(pings(lab), '');
  });

  test('devices that go, come with another index, and change their names', { skip }, async (t) => {
    const lab = await labOf(t);
    const line = lab.line(1);
    lab.break(line, 'both');
    await lab.monitor.says(/^line1: dead/);
    // The same link comes back as dead as it was.
    lab.sh('ip link set w0 down');
    await lab.monitor.says(/^line1: down/);
    const routes = countBalanced(lab, 'w0');
    lab.sh('ip link set w0 up');
    await lab.monitor.says(/^line1: dead \(was down\)/);
    await sleep(1000);
    assert.equal(routes(), 0);
    lab.sh('ip link del w0');
    await lab.monitor.says(/^line1: absent/);
    await until(
      'no probes of it',
      () => pings(lab),
      (seen) => seen === 'w1,w2',
    );
    lab.mend(line);
    const made = performance.now();
    lab.sh(`${line.make}\n${line.bringUp}`);
    await lab.monitor.says(/^line1: up/, made);
    await until(
      'probes of it',
      () => pings(lab),
      (seen) => seen === 'w0,w1,w2',
    );
    await members(lab, 'w0,w1,w2');
    await lab.allAlive();

    lab.sh('ip link set w2 down; ip link set w2 name x2; ip link set x2 up');
    await members(lab, 'w0,w1');
    await until(
      'no probes of it',
      () => pings(lab),
      (seen) => seen === 'w0,w1',
    );
    lab.sh('ip link set x2 down; ip link set x2 name w2; ip link set w2 up');
    await members(lab, 'w0,w1,w2');
    await until(
      'probes of it',
      () => pings(lab),
      (seen) => seen === 'w0,w1,w2',
    );
    await lab.allAlive();
    assert.equal(lab.mlb('plan').stdout, 'nothing to do\n');
  });

  test('drain, disable and enable while it runs', { skip }, async (t) => {
    const lab = await labOf(t);
    const long = await lab.hold(flows(12));
    mustSay(lab, 'drain line3');
    assert.deepEqual(lab.members(), ['w0', 'w1']);
    await lab.monitor.says(/^line3: draining/);
    assert.deepEqual(harmed(await long.ask()).map(showReport), [], 'drained connections go on');
    // It is probed as before, and dies as any other.
    lab.break(lab.line(3), 'both');
    await until('line3 dead', lab.healths, (seen) => seen[2] === 'dead');
    lab.mend(lab.line(3));
    await lab.allAlive();
    mustSay(lab, 'disable line3');
    await lab.monitor.says(/^line3: disabled/);
    lab.sh('ip route flush table 7700');
    await members(lab, 'w0,w1');
    const enabled = performance.now();
    mustSay(lab, 'enable line3');
    await lab.monitor.says(/^line3: up/, enabled);
    assert.deepEqual(lab.members(), ['w0', 'w1', 'w2']);
    assert.deepEqual(statesOf(lab), { line1: 'up', line2: 'up', line3: 'up' });
  });
});
