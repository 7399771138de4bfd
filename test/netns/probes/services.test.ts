import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '../../../src/model.ts';
import {
  answers,
  BLACK_HOLE,
  childrenOf,
  failures,
  hide,
  isRunning,
  labFor,
  probe,
  SERVER,
  skip,
  some,
  startServers,
  type Told,
  unknowns,
} from './lab.ts';

const tcp = (port: number): Target => ({ text: `tcp:${SERVER}:${port}`, kind: 'tcp', host: SERVER, port });

const dns = (question: string, port?: number): Target => ({
  text: `dns:${SERVER}/${question}`,
  kind: 'dns',
  host: SERVER,
  question,
  ...(port === undefined ? {} : { port }),
});

const http = (url: string, status?: number): Target => ({
  text: status === undefined ? url : `${url} ${status}`,
  kind: 'http',
  host: SERVER,
  port: Number(new URL(url).port || (url.startsWith('https') ? 443 : 80)),
  url,
  ...(status === undefined ? {} : { status }),
});

/** Results of one target. */
const of =
  ({ text }: Target) =>
  (told: readonly Told[]): readonly Told[] =>
    told.filter(({ target }) => target === text);

/** One of each kind that answers. */
const ONE_EACH = [tcp(80), dns('answers.example'), http(`http://${SERVER}/204`)];

const GOOD = [
  ...ONE_EACH,
  // Nobody listens there: the refusal has come over the line.
  tcp(81),
  dns('nx.example'),
  dns('twice.example'),
  http(`http://${SERVER}/302`),
  http(`http://${SERVER}/500`, 500),
];

const BAD: readonly (readonly [target: Target, cause: RegExp])[] = [
  [dns('fail.example'), /^SERVFAIL$/],
  [dns('other.example', 54), /^Connection refused$/],
  [http(`http://${SERVER}/500`), /^status 500$/],
  [http(`http://${SERVER}/302`, 204), /^status 302$/],
  [http(`https://${SERVER}/204`), /self-signed certificate/],
  [http(`http://${SERVER}:81/204`), /^Connection refused$/],
];

test('TCP, DNS and HTTP targets answer over their device, marked from the first packet on', {
  skip,
}, async (t) => {
  const box = await labFor(t);
  await startServers(box);
  const COUNT = `nft 'table inet came { chain in { type filter hook input priority 0;
    meta l4proto { tcp, udp } counter; }; }'`;
  box.sh(`ip netns exec p0 ${COUNT}; nft 'table inet sent { chain out { type filter hook output priority 0;
    meta l4proto { tcp, udp } counter; meta l4proto { tcp, udp } meta mark 0x80000000 counter; }; }'`);
  const { told, until, stop } = probe(box, 'w1', GOOD, '', { interval: 0.5, timeout: 2 });
  await until('answers', (all) => GOOD.every((target) => some(4)(answers(of(target)(all)))));
  await stop();
  assert.deepEqual(failures(told), []);
  for (const { rtt = 0 } of answers(told)) assert.ok(rtt > 0 && rtt < 2000, String(rtt));
  const countsOf = (where: string): number[] =>
    [...box.sh(`${where} nft list ruleset`).matchAll(/packets (\d+)/g)].map(([, count]) => Number(count));
  assert.deepEqual(countsOf('ip netns exec p0'), [0]);
  const [sent = 0, marked = 0] = countsOf('');
  assert.ok(sent > 60, String(sent));
  // The last packet of a connection that we end may come from the kernel, without a socket.
  assert.ok(marked >= sent * 0.9, `${marked} of ${sent}`);
});

test('a service that answers wrongly is a failure with its cause', { skip }, async (t) => {
  const box = await labFor(t);
  await startServers(box);
  const targets = BAD.map(([target]) => target);
  const { told, until } = probe(box, 'w1', targets, '', { interval: 0.5, timeout: 2 });
  await until('failures', (all) => targets.every((target) => some(4)(failures(of(target)(all)))));
  assert.deepEqual(answers(told), []);
  assert.deepEqual(unknowns(told).slice(0, 1), []);
  for (const [target, cause] of BAD)
    for (const failure of failures(of(target)(told))) assert.match(failure.cause ?? '', cause);
  box.sh(`ip netns exec p1 ${BLACK_HOLE}`);
  await until(
    'time is up',
    (all) => targets.every((target) => of(target)(all).some(({ cause }) => cause === undefined)),
    told.length,
  );
});

test('in a black hole each fails in time with four processes at most, and answers again', {
  skip,
}, async (t) => {
  const box = await labFor(t);
  await startServers(box);
  const { told, until, pid } = probe(box, 'w1', ONE_EACH);
  const everyOne = (kind: typeof answers, count: number) => (all: readonly Told[]) =>
    ONE_EACH.every((target) => some(count)(kind(of(target)(all))));
  await until('answers', everyOne(answers, 3));
  box.sh(`ip netns exec p1 ${BLACK_HOLE}`);
  const dark = told.length;
  await until('failures', everyOne(failures, 6), dark);
  assert.ok(childrenOf(pid, 'socat').length <= 4 * ONE_EACH.length, 'a silent line collects processes');
  for (const { sent = 0, at = 0 } of failures(told)) assert.ok(at - sent < 0.7, `${at - sent}`);
  box.sh('ip netns exec p1 nft flush ruleset');
  await until('answers', everyOne(answers, 3), told.length);
  assert.deepEqual(unknowns(told), []);
});

test('a device without a way out is a failure, a device that is gone is unknown', { skip }, async (t) => {
  const box = await labFor(t);
  await startServers(box);
  const { told, until } = probe(box, 'w1', ONE_EACH);
  await until('answers', (all) => ONE_EACH.every((target) => some(3)(answers(of(target)(all)))));
  box.sh('ip link set w1 down');
  await until('failures', (all) =>
    ONE_EACH.every((target) => of(target)(all).some(({ cause }) => cause === 'Network is unreachable')),
  );
  box.sh('ip link del w1');
  await until(
    'the reason',
    (all) =>
      ONE_EACH.every((target) =>
        of(target)(all).some(({ unknown = '' }) => /w1.*No such device/.test(unknown)),
      ),
    told.length,
  );
  for (const { unknown = '' } of unknowns(told)) assert.match(unknown, /^socat: setsockopt\(/);
});

test('a socat that is killed or hangs is another one soon', { skip }, async (t) => {
  const box = await labFor(t);
  await startServers(box);
  const { told, until, pid } = probe(box, 'w1', [dns('answers.example')]);
  await until('answers', (all) => some(3)(answers(all)));
  for (const child of childrenOf(pid, 'socat')) process.kill(child, 'SIGKILL');
  await until('answers', (all) => some(3)(answers(all)), told.length);
  assert.deepEqual(failures(told), []);
  for (const child of childrenOf(pid, 'socat')) process.kill(child, 'SIGSTOP');
  await until('answers', (all) => some(3)(answers(all)), told.length + 2);
  assert.deepEqual(unknowns(told), []);
});

test('without socat the package is named, once, and no child remains after the end', { skip }, async (t) => {
  const box = await labFor(t);
  await startServers(box);
  box.sh(hide('socat'));
  const { told, until, pid } = probe(box, 'w1', ONE_EACH);
  await until('the reasons', (all) => some(3)(unknowns(all)));
  for (const { unknown = '' } of told) assert.match(unknown, /; install the Debian package socat$/);
  box.sh('umount -l /usr/bin');
  await until('answers', (all) => ONE_EACH.every((target) => some(3)(answers(of(target)(all)))));
  assert.equal(unknowns(told).length, 3);
  box.sh(`ip netns exec p1 ${BLACK_HOLE}`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const orphans = childrenOf(pid, 'socat');
  assert.ok(orphans.length > 0);
  process.kill(pid, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.deepEqual(orphans.filter(isRunning), []);
});
