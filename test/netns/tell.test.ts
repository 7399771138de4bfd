import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderMetrics } from '../../src/metrics/metrics.ts';
import { type ChangeOfState, createNotifier } from '../../src/notify/notify.ts';
import { everything, input } from '../unit/metrics/samples.ts';
import { change, folder, isAlive, put, textOf } from '../unit/notify/samples.ts';
import { makeSandbox, type Sandbox } from './sandbox.ts';

let sandbox: Sandbox;

before(async () => {
  sandbox = await makeSandbox();
});

after(() => sandbox.stop());

/** Waits until something holds, 30 s at most. */
const until = async (what: string, holds: () => boolean): Promise<void> => {
  const started = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - started < 30_000, `not within 30 s: ${what}`);
    await sleep(25);
  }
};

const SOURCES = join(import.meta.dirname, '../../src');

/** The shell command that runs a program of ours, written as the body of a module. */
const program = (text: string): string =>
  `exec ${process.execPath} --import ${import.meta.resolve('tsx')} --input-type=module -e '${text.replaceAll('SOURCES', SOURCES)}'`;

test('promtool has no complaint about what Prometheus is told', () => {
  const empty = input({ uplinks: [], runs: { count: 0, failures: 0, lastSeconds: null, lastChanges: null } });
  for (const given of [input(), everything(), empty]) {
    const options = { input: renderMetrics(given), encoding: 'utf8', timeout: 20_000 } as const;
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], options);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  }
});

const LISTEN = `
import { startListener } from "SOURCES/metrics/listener.ts";
const [address, seconds, size] = process.argv.slice(1);
let scrapes = 0;
const render = () => {
  scrapes += 1;
  if (scrapes === 3 && size === "1") throw new Error("no\\nnumbers");
  return "#".repeat(Number(size)) + "\\nup 1\\n";
};
const onProblem = (text) => console.log("problem: " + text);
const { stop } = startListener({ address, render, onProblem, retrySeconds: Number(seconds) });
console.log("ready");
process.stdin.once("data", () => stop().then(() => { console.log("stopped"); process.stdin.destroy(); }));
`;

/** A listener in the sandbox, and the lines that it printed so far. */
const listen = async (address: string, size = 1): Promise<{ child: ChildProcess; lines: () => string[] }> => {
  const child = sandbox.start(`${program(LISTEN)} ${address} 0.3 ${size}`);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const lines = (): string[] => output.trim().split('\n');
  await until('the listener runs', () => lines().includes('ready'));
  return { child, lines };
};

const ask = (request: string, place = '127.0.0.1:9917'): string =>
  sandbox.try(`timeout 10 socat -t 5 - TCP:${place}`, {
    input: `${request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  }).stdout;

test('the listener gives metrics to GET /metrics and nothing to anybody else, and gives its port back', async () => {
  const { child, lines } = await listen('127.0.0.1:9917');
  const metrics = ask('GET /metrics');
  assert.match(metrics, /^HTTP\/1.1 200 OK\r\ncontent-type: text\/plain; version=0.0.4; charset=utf-8\r\n/i);
  assert.match(metrics, /\r\n\r\n#\nup 1\n$/);
  assert.match(ask('GET /metrics?x=1'), /\r\n\r\n#\nup 1\n$/);
  assert.match(ask('GET /metrics'), /^HTTP\/1.1 500 [\s\S]*the log of mlb-hooks says why\n$/);
  await until('the cause is said', () => lines().includes('problem: metrics: no numbers'));
  assert.match(ask('GET /'), /^HTTP\/1.1 200 [\s\S]*\/metrics\n$/);
  for (const path of ['/metrics/', '/etc/passwd', '/../metrics', 'http://x/metrics', '*'])
    assert.match(ask(`GET ${path}`), /^HTTP\/1.1 404 /, path);
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])
    assert.match(ask(`${method} /metrics`), /^HTTP\/1.1 405 [\s\S]*allow: GET\r\n/i, method);
  assert.match(ask('nonsense\u0000'), /^HTTP\/1.1 400 /);
  assert.match(ask(`GET /metrics HTTP/1.1\r\nX: ${'x'.repeat(12_000)}`), /^HTTP\/1.1 431 /);
  child.stdin?.write('stop\n');
  await until('the listener stops', () => lines().includes('stopped'));
  assert.equal(ask('GET /metrics'), '');
});

test('an IPv6 address works as well', async () => {
  const { child, lines } = await listen('[::1]:9917');
  assert.match(ask('GET /metrics', '[::1]:9917'), /\r\n\r\n#\nup 1\n$/);
  child.stdin?.write('stop\n');
  await until('the listener stops', () => lines().includes('stopped'));
});

test('an address that somebody else has is said once with a remedy, and taken when it is free', async () => {
  const other = sandbox.start('exec socat -u TCP-LISTEN:9917,bind=127.0.0.1,reuseaddr,fork OPEN:/dev/null');
  await until('somebody listens', () => sandbox.sh('ss -Hltn sport = 9917').includes('9917'));
  const { child, lines } = await listen('127.0.0.1:9917');
  await sleep(1000);
  assert.match(
    lines().join('\n'),
    /^ready\nproblem: 127.0.0.1:9917: metrics are not served: .*EADDRINUSE.*ss -ltnp.*$/,
  );
  other.kill('SIGKILL');
  await until('the port is taken', () => ask('GET /metrics').endsWith('up 1\n'));
  assert.equal(lines().length, 2);
  child.stdin?.write('stop\n');
  await until('the listener stops', () => lines().includes('stopped'));
});

test('a listener that is told to stop at once leaves nothing behind that listens', () => {
  const begin = 'const options = { address: "127.0.0.1:9917", render: () => "", onProblem: console.log };';
  const module = 'import { startListener } from "SOURCES/metrics/listener.ts";';
  const { status, stdout } = sandbox.try(
    `timeout 10 ${program(`${module} ${begin} await startListener(options).stop();`).replace('exec ', '')}`,
  );
  assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
});

test('an address that no host can have is said and ends nothing', async () => {
  for (const address of ['192.0.2.1:9917', '127.0.0.1:99999', 'nonsense']) {
    const { child, lines } = await listen(address);
    await until('it is said', () =>
      lines().some((line) => line.startsWith(`problem: ${address}: metrics are not served: `)),
    );
    await sleep(500);
    assert.equal(lines().length, 2, lines().join('\n'));
    child.stdin?.write('stop\n');
    await until('the listener stops', () => lines().includes('stopped'));
  }
});

test('a client that asks without end on one connection gets one answer', async () => {
  const { child, lines } = await listen('127.0.0.1:9917');
  const flood = 'yes "$(printf \'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\')" | head -n 3000';
  const answers = sandbox.try(`${flood} | timeout 10 socat -t 5 - TCP:127.0.0.1:9917`).stdout;
  assert.equal(answers.match(/HTTP\/1.1 200/g)?.length, 1);
  child.stdin?.write('stop\n');
  await until('the listener stops', () => lines().includes('stopped'));
});

const connections = (): number => sandbox.sh('ss -Hnt state established sport = 9917').split('\n').length - 1;

test('clients that never finish their question are sent away, and no more than 16 of them are heard', async () => {
  const { child, lines } = await listen('127.0.0.1:9917');
  sandbox.sh(`
    drip() { printf 'GET / HTTP/1.1\r\nX: '; while sleep 1 && printf x; do :; done; }
    for i in $(seq 20); do drip | timeout 25 socat - TCP:127.0.0.1:9917 >/run/answer$i 2>/dev/null & done
    wait
  `);
  assert.equal(sandbox.sh('cat /run/answer* | grep -c "408 Request Timeout"'), '16\n');
  assert.match(ask('GET /metrics'), /up 1\n$/);
  child.stdin?.write('stop\n');
  await until('the listener stops', () => lines().includes('stopped'));
});

test('clients that say nothing, or do not read their answer, are sent away', async () => {
  const { child, lines } = await listen('127.0.0.1:9917', 8_000_000);
  const idle = sandbox.start(`
    question() { printf 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'; sleep 60; }
    for i in 1 2 3; do
      sleep 60 | socat - TCP:127.0.0.1:9917 &
      question | socat -u - TCP:127.0.0.1:9917,rcvbuf=4096 &
    done
    wait
  `);
  await until('all are there', () => connections() === 6);
  await until('all are sent away', () => connections() === 0);
  if (idle.pid !== undefined) process.kill(-idle.pid, 'SIGKILL');
  child.stdin?.write('stop\n');
  await until('the listener stops', () => lines().includes('stopped'));
});

const WRITE = `
import { writeTextfile } from "SOURCES/metrics/textfile.ts";
try { writeTextfile(process.argv[1], "x".repeat(20000)); } catch (thrown) { console.log(thrown.message); }
`;

test('a full or read-only disk keeps the old metrics whole, and is said with a remedy', () => {
  sandbox.sh(
    'mkdir /run/full /run/fixed && mount -t tmpfs -o size=8k tmpfs /run/full && echo old >/run/full/m.prom',
  );
  sandbox.sh('mount -t tmpfs tmpfs /run/fixed && mount -o remount,ro /run/fixed');
  const write = program(WRITE);
  assert.match(sandbox.sh(`${write} /run/full/m.prom`), /ENOSPC.*; free some space there\n$/);
  assert.equal(sandbox.sh('cat /run/full/*'), 'old\n');
  assert.match(sandbox.sh(`${write} /run/fixed/m.prom`), /EROFS.*ReadWritePaths=\/run\/fixed\n$/);
});

/** A notifier on a folder of root's, and what it complained of. Not below /tmp: there others could change it. */
const notifier = (timeoutSeconds = 10) => {
  const directory = folder('/run');
  const problems: string[] = [];
  const { tell, stop } = createNotifier({
    timeoutSeconds: () => timeoutSeconds,
    onProblem: (text) => problems.push(text),
    directory,
  });
  const out = join(directory, '.out');
  const lines = (): string[] => textOf(out).split('\n').slice(0, -1);
  return { directory, problems, tell, stop, out, lines };
};

const named = (name: string): Partial<ChangeOfState> => ({ uplink: { id: 1, name, device: 'ppp0' } });

test('executables hear of every change in order, one after the other, with the facts in both forms', async () => {
  const { directory, problems, tell, stop, out, lines } = notifier();
  put(directory, '10-first', `#!/bin/sh\nsleep 0.1\necho "first $MLB_UPLINK $MLB_STATE" >>${out}\n`);
  put(directory, '20-second', `#!/bin/sh\nread -r line\necho "second $line" >>${out}\n`);
  const [one, two] = [change(named('dsl1')), change({ ...named('lte'), state: 'up', reason: '' })];
  tell(one);
  tell(two);
  assert.deepEqual(lines(), [], 'told before tell returned');
  await until('all are told', () => lines().length === 4);
  assert.deepEqual(lines(), [
    'first dsl1 dead',
    `second ${JSON.stringify({ version: 1, ...one })}`,
    'first lte up',
    `second ${JSON.stringify({ version: 1, ...two })}`,
  ]);
  await stop();
  assert.deepEqual(problems, []);
});

test('scripts that fail or hang are said by name, and the others hear of it all the same', async () => {
  const { directory, problems, tell, stop, out, lines } = notifier(0.3);
  put(directory, '1-fails', '#!/bin/sh\necho no relay >&2\nexit 3\n');
  put(directory, '2-hangs', `#!/bin/sh\nsleep 1000 &\necho $! >${directory}/.pid\nwait\n`);
  put(directory, '3-garbage', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 0, 255]));
  put(directory, '4-works', `#!/bin/sh\necho works >>${out}\n`);
  tell(change());
  await until('the last is told', () => lines().length === 1);
  await stop();
  assert.equal(problems.length, 3, problems.join('\n'));
  assert.equal(
    problems[0],
    `${directory}/1-fails: told that dsl1 is dead, it failed with status 3: no relay; run it by hand to see why`,
  );
  assert.match(
    problems[1] ?? '',
    /2-hangs: told that dsl1 is dead, it had not ended after 0.3 s and was killed/,
  );
  assert.match(problems[2] ?? '', /3-garbage: told that dsl1 is dead, it /);
  assert.ok(!isAlive(Number(textOf(`${directory}/.pid`))), 'the child of the one that hung still runs');
});

test('what is not root’s alone is not run, which is said once for each, and again after it was repaired', async () => {
  const { directory, problems, tell, stop, out, lines } = notifier();
  const stolen = put(directory, '1-stolen', `#!/bin/sh\necho stolen >>${out}\n`);
  const open = put(directory, '2-open', `#!/bin/sh\necho open >>${out}\n`, 0o775);
  put(directory, '3-good', `#!/bin/sh\necho good >>${out}\n`);
  chownSync(stolen, 65534, 65534);
  for (const turn of [1, 2]) {
    tell(change());
    await until('it is told', () => lines().length === turn);
  }
  assert.deepEqual(lines(), ['good', 'good']);
  assert.equal(problems.length, 2, problems.join('\n'));
  assert.match(
    problems[0] ?? '',
    /1-stolen: not run: .* belongs to user 65534, not to root; run: chown root: \S+1-stolen$/,
  );
  assert.match(problems[1] ?? '', /2-open: not run: .* \(mode 775\); run: chmod go-w \S+2-open$/);
  chmodSync(open, 0o755);
  tell(change());
  await until('the repaired one is told', () => lines().length === 4);
  chmodSync(open, 0o775);
  tell(change());
  await until('it is told again', () => lines().length === 5);
  await stop();
  assert.equal(problems.length, 3, problems.join('\n'));
});

test('a directory that others can write is not used at all; a missing one is fine', async () => {
  const { directory, problems, tell, stop, out, lines } = notifier();
  put(directory, 'mail', `#!/bin/sh\necho mail >>${out}\n`);
  chmodSync(directory, 0o777);
  tell(change());
  await until('it is said', () => problems.length === 1);
  assert.match(problems[0] ?? '', /not run: .* \(mode 777\); run: chmod go-w/);
  rmSync(directory, { recursive: true });
  tell(change());
  await sleep(200);
  await stop();
  assert.deepEqual([problems.length, lines()], [1, []]);
});

test('a storm of changes is cut to the last hundred, which is said once, and stopping says what was not told', async () => {
  const { directory, problems, tell, stop, out, lines } = notifier();
  put(
    directory,
    'slow',
    `#!/bin/sh\necho $MLB_UPLINK >>${out}\nwhile [ -e ${directory}/.hold ]; do sleep 0.05; done\n`,
  );
  put(directory, '.hold', '');
  tell(change(named('first')));
  await until('the first is being told', () => lines().length === 1);
  for (let number = 1; number <= 150; number += 1) tell(change(named(`n${number}`)));
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /more than 100 changes wait to be told, the oldest are dropped; /);
  rmSync(join(directory, '.hold'));
  await until('some are told', () => lines().length > 5);
  assert.deepEqual(lines().slice(0, 3), ['first', 'n51', 'n52']);
  await stop();
  const told = lines().length;
  assert.equal(problems.length, 2);
  assert.equal(problems[1], `${directory}: changes that were not told before the end: ${101 - told}`);
  tell(change());
  await sleep(200);
  assert.equal(lines().length, told, 'told after the end');
});

test('stopping ends a script that hangs within seconds', async () => {
  const { directory, problems, tell, stop } = notifier(300);
  put(directory, 'hangs', `#!/bin/sh\necho $$ >${directory}/.pid\nsleep 1000\n`);
  tell(change());
  await until('it runs', () => textOf(`${directory}/.pid`).endsWith('\n'));
  const started = performance.now();
  await stop();
  assert.ok(performance.now() - started < 4000);
  assert.ok(!isAlive(Number(readFileSync(`${directory}/.pid`, 'utf8'))));
  assert.deepEqual(problems, []);
});
