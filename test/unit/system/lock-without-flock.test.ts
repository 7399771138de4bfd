import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { acquireWithoutFlock } from '../../../src/system/lock-without-flock.ts';
import { firstLine, freshDir, killHard, startChild } from './lock-children.ts';

test('one holder at a time, a bounded wait, and free again after release', () => {
  const runDir = freshDir();
  const release = acquireWithoutFlock(runDir, 0);
  assert.ok(release);
  const started = performance.now();
  assert.equal(acquireWithoutFlock(runDir, 0.2), undefined);
  const waited = performance.now() - started;
  assert.ok(waited >= 195 && waited < 1500, `waited ${waited} ms`);
  release();
  assert.ok(acquireWithoutFlock(runDir, 0));
});

test('a killed holder is followed at once', async () => {
  const runDir = freshDir();
  const holder = startChild(['files-hold', runDir, '5']);
  assert.equal(await firstLine(holder), 'held');
  assert.equal(acquireWithoutFlock(runDir, 0), undefined);
  await killHard(holder);
  const started = performance.now();
  assert.ok(acquireWithoutFlock(runDir, 5));
  assert.ok(performance.now() - started < 1000);
});

test('a process id that was given to another process since does not hold it', () => {
  const runDir = freshDir();
  writeFileSync(`${runDir}/turn.1`, `${process.pid} 1`);
  assert.ok(acquireWithoutFlock(runDir, 0));
});

test('a dead process that its parent has not waited for does not hold it', async () => {
  const runDir = freshDir();
  // The shell becomes a sleep, which waits for nobody, before its child ends.
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 5']);
  const pid = await firstLine(parent);
  const statOf = () => readFileSync(`/proc/${pid}/stat`, 'utf8');
  while (!statOf().includes(') Z ')) await new Promise((resolve) => setTimeout(resolve, 10));
  writeFileSync(`${runDir}/turn.1`, `${pid} ${statOf().split(') ')[1]?.split(' ')[19]}`);
  assert.ok(acquireWithoutFlock(runDir, 0));
  await killHard(parent);
});

test('the files of old turns go', () => {
  const runDir = freshDir();
  for (let turn = 0; turn < 40; turn += 1) acquireWithoutFlock(runDir, 0)?.();
  const left = readdirSync(runDir);
  assert.ok(left.includes('turn.40') && left.length <= 18, left.join(' '));
});

test('no clock matters', async () => {
  const runDir = freshDir();
  const release = acquireWithoutFlock(runDir, 0);
  const held = await startChild(['files-try', runDir, '0.1'], 10);
  assert.equal(JSON.parse(await firstLine(held)).got, false);
  release?.();
});

test('a directory that cannot be written is a message with a remedy', () => {
  assert.throws(() => acquireWithoutFlock('/proc', 0), {
    name: 'UserError',
    message: /^\/proc: the lock files cannot be written: ENOENT: .*; install the Debian package util-linux, /,
  });
});
