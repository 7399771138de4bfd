import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderMetrics } from '../../src/metrics/metrics.ts';
import { everything, input } from '../unit/metrics/samples.ts';
import { makeSandbox, type Sandbox } from './sandbox.ts';
import { until } from './until.ts';

let sandbox: Sandbox;

before(async () => {
  sandbox = await makeSandbox();
});

after(() => sandbox.stop());

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

/** Connections that the listener has, or is about to take. */
const connections = (): number => sandbox.sh('ss -Hnt state established sport = 9917').split('\n').length - 1;

test('a client that is still there when the listener stops does not hold it up', async () => {
  const { child, lines } = await listen('127.0.0.1:9917');
  sandbox.start('sleep 60 | socat - TCP:127.0.0.1:9917');
  await until('it is there', () => connections() === 1);
  const started = performance.now();
  child.stdin?.write('stop\n');
  await until('the listener stops', () => lines().includes('stopped'));
  assert.ok(performance.now() - started < 4000);
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

test('a client that asks without end on one connection gets one answer at most', async () => {
  const { child, lines } = await listen('127.0.0.1:9917');
  const flood = 'yes "$(printf \'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\')" | head -n 3000';
  const answers = sandbox.try(`${flood} | timeout 10 socat -t 5 - TCP:127.0.0.1:9917`).stdout;
  // None where what it still sends makes the kernel reset the connection.
  assert.ok((answers.match(/HTTP\/1.1 200/g)?.length ?? 0) <= 1, answers.slice(0, 1000));
  assert.match(ask('GET /'), /^HTTP\/1.1 200 /);
  child.stdin?.write('stop\n');
  await until('the listener stops', () => lines().includes('stopped'));
});

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
