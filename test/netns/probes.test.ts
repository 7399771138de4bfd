import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answers,
  BLACK_HOLE,
  childrenOf,
  failures,
  hide,
  isRunning,
  labFor,
  ping,
  probe,
  raise,
  SERVER,
  skip,
  some,
  unknowns,
} from './probes/lab.ts';

test('a ping answers, fails in a black hole within its timeout, and answers again', { skip }, async (t) => {
  const box = await labFor(t);
  const { told, until } = probe(box, 'w1', [ping('gateway')]);
  await until('answers', (all) => some(3)(answers(all)));
  assert.deepEqual(failures(told), []);
  for (const { target, rtt = 0, sent = 0, at = 0 } of told) {
    assert.equal(target, 'gateway');
    assert.ok(rtt > 0 && rtt < 100 && at >= sent, `${rtt} ${sent} ${at}`);
  }
  box.sh(`ip netns exec p1 ${BLACK_HOLE}`);
  const dark = told.length;
  await until('failures', (all) => some(5)(failures(all)), dark);
  for (const { sent = 0, at = 0 } of failures(told)) assert.ok(at - sent < 0.55, `${at - sent}`);
  box.sh('ip netns exec p1 nft flush ruleset');
  const light = told.length;
  await until('answers', (all) => some(3)(answers(all)), light);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.ok(failures(told.slice(light)).length <= 2, JSON.stringify(told.slice(light)));
});

test('results come in the order in which the probes were sent', { skip }, async (t) => {
  const box = await labFor(t);
  const { told, until } = probe(box, 'w1', [ping('gateway')], '', { interval: 0.2, timeout: 1 });
  await until('answers', (all) => some(2)(answers(all)));
  box.sh(`ip netns exec p1 ${BLACK_HOLE}`);
  await until('failures', (all) => some(2)(failures(all)));
  box.sh('ip netns exec p1 nft flush ruleset');
  const light = told.length;
  await until('answers', (all) => some(3)(answers(all)), light);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  const sent = told.map((each) => each.sent ?? 0);
  for (const [position, time] of sent.entries())
    assert.ok(time >= (sent[position - 1] ?? 0) - 0.05, JSON.stringify(sent));
});

test('probes leave by their device, marked, when another has the better default', { skip }, async (t) => {
  const box = await labFor(t);
  box.sh(`nft 'table inet sent { chain out { type filter hook output priority 0;
    icmp type echo-request counter; icmp type echo-request meta mark 0x80000000 counter; }; }'`);
  const COUNT = `nft 'table inet came { chain in { type filter hook input priority 0;
    icmp type echo-request counter; }; }'`;
  box.sh(`ip netns exec p0 ${COUNT}; ip netns exec p1 ${COUNT}`);
  const { until, stop } = probe(box, 'w1', [ping(SERVER)]);
  await until('answers', (all) => some(5)(answers(all)));
  await stop();
  const countsOf = (where: string): number[] =>
    [...box.sh(`${where} nft list ruleset`).matchAll(/packets (\d+)/g)].map(([, count]) => Number(count));
  const [sent = 0, marked = 0] = countsOf('');
  assert.ok(sent >= 5);
  assert.equal(marked, sent);
  assert.deepEqual(countsOf('ip netns exec p0'), [0]);
  assert.deepEqual(countsOf('ip netns exec p1'), [sent]);
});

test('what somebody on the way says is the cause', { skip }, async (t) => {
  const box = await labFor(t);
  const { told, until } = probe(box, 'w1', [ping('198.51.100.1')]);
  await until('a cause', (all) => failures(all).some(({ cause }) => cause === 'Destination Net Unreachable'));
  assert.deepEqual(answers(told), []);
});

test('a ping that is killed begins anew, and no probe has failed by that', { skip }, async (t) => {
  const box = await labFor(t);
  const { told, until, pid } = probe(box, 'w1', [ping('gateway')]);
  for (let round = 0; round < 3; round += 1) {
    const before = told.length;
    await until('answers', (all) => some(3)(answers(all)), before);
    for (const child of childrenOf(pid, 'ping')) process.kill(child, 'SIGKILL');
  }
  await until('answers', (all) => some(3)(answers(all)), told.length);
  assert.deepEqual([...failures(told), ...unknowns(told)], []);
});

test('a ping that hangs is killed and begins anew, and no probe has failed by that', { skip }, async (t) => {
  const box = await labFor(t);
  const { told, until, pid } = probe(box, 'w1', [ping('gateway')]);
  await until('answers', (all) => some(3)(answers(all)));
  const [hung = 0] = childrenOf(pid, 'ping');
  process.kill(hung, 'SIGSTOP');
  const before = told.length;
  await until('answers of another ping', (all) => some(3)(answers(all)), before + 2);
  assert.notDeepEqual(childrenOf(pid, 'ping'), [hung]);
  assert.deepEqual([...failures(told), ...unknowns(told)], []);
});

test('while we are stopped ping goes on, and nothing has failed by that', { skip }, async (t) => {
  const box = await labFor(t);
  const { told, until, pid } = probe(box, 'w1', [ping('gateway')]);
  await until('answers', (all) => some(3)(answers(all)));
  const before = childrenOf(pid, 'ping');
  process.kill(pid, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  process.kill(pid, 'SIGCONT');
  await until('answers of that time', (all) => some(12)(answers(all)), told.length);
  assert.deepEqual([...failures(told), ...unknowns(told)], []);
  assert.deepEqual(childrenOf(pid, 'ping'), before);
});

test('a device that is gone is unknown, and answers once it is made again', { skip }, async (t) => {
  const box = await labFor(t);
  const { told, until } = probe(box, 'w1', [ping('gateway')]);
  await until('answers', (all) => some(3)(answers(all)));
  box.sh('ip link del w1');
  await until('why', (all) => unknowns(all).some(({ unknown = '' }) => /w1: No such device/.test(unknown)));
  const gone = told.length;
  box.sh(`ip link add w1 type veth peer name p1 netns p1; ${raise(1)}`);
  await until('answers', (all) => some(3)(answers(all)), gone);
});

test('a device that is made again at once is noticed', { skip }, async (t) => {
  const box = await labFor(t);
  const { told, until } = probe(box, 'w1', [ping('gateway')]);
  await until('answers', (all) => some(3)(answers(all)));
  box.sh(`ip link del w1; ip link add w1 type veth peer name p1 netns p1; ${raise(1)}`);
  await until('answers', (all) => some(3)(answers(all)), told.length + 1);
});

test('another address of the device does not disturb', { skip }, async (t) => {
  const box = await labFor(t);
  const { told, until } = probe(box, 'w1', [ping('gateway')]);
  await until('answers', (all) => some(3)(answers(all)));
  box.sh('ip addr flush dev w1; ip addr add 10.8.1.99/24 dev w1');
  await until('answers', (all) => some(5)(answers(all)), told.length + 3);
});

test('a tool that is not installed is named with its package', { skip }, async (t) => {
  const box = await labFor(t);
  box.sh(hide('ping'));
  const { told, until } = probe(box, 'w1', [ping('gateway')]);
  await until('the reason', some(1));
  assert.match(told[0]?.unknown ?? '', /^ping: not found \(.*; install the Debian package iputils-ping$/);
  box.sh('umount -l /usr/bin');
  await until('answers once it is installed', (all) => some(3)(answers(all)));
  assert.equal(unknowns(told).length, 1);
});

test('a name that does not resolve is unknown with the remedy', { skip }, async (t) => {
  const box = await labFor(t);
  const { told, until } = probe(box, 'w1', [ping('nowhere.invalid')]);
  await until('the reason', some(1));
  assert.match(told[0]?.unknown ?? '', /^"nowhere\.invalid" does not resolve \([^)]+\); check the name/);
});

test('the address of a name is looked up again when it does not answer', { skip }, async (t) => {
  const box = await labFor(t);
  box.sh(`echo '10.8.1.77 there.example' >> /etc/hosts`);
  const { told, until } = probe(box, 'w1', [ping('there.example')]);
  await until('failures', (all) => some(2)(failures(all)));
  box.sh(`sed 's/10.8.1.77/10.8.1.2/' /etc/hosts > /run/hosts; cat /run/hosts > /etc/hosts`);
  await until('answers', (all) => some(3)(answers(all)));
  assert.ok(told.every(({ target }) => target === 'there.example'));
});

test('stopping ends every child, and so does our own end by SIGKILL', { skip }, async (t) => {
  const box = await labFor(t);
  const targets = [ping('gateway'), ping(SERVER)];
  const first = probe(box, 'w1', targets);
  await first.until('answers', (all) => some(4)(answers(all)));
  assert.equal(childrenOf(first.pid, 'ping').length, 2);
  await first.stop();
  const told = first.told.length;
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.deepEqual(childrenOf(first.pid, 'ping'), []);
  assert.equal(first.told.length, told);

  const second = probe(box, 'w1', targets);
  await second.until('answers', (all) => some(4)(answers(all)));
  const orphans = childrenOf(second.pid, 'ping');
  process.kill(second.pid, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(orphans.length, 2);
  assert.deepEqual(orphans.filter(isRunning), []);
});
