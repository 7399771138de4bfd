import assert from 'node:assert/strict';
import { mkdirSync, openSync, readFileSync, rmdirSync } from 'node:fs';
import { test } from 'node:test';
import { makeRunner } from '../../../src/system/exec.ts';
import { makeRunnerSpawn } from '../../../src/system/exec-spawn.ts';
import { makeRunnerSync } from '../../../src/system/exec-sync.ts';
import { isRead, type RunnerOptions, timeoutOf } from '../../../src/system/runner.ts';
import { freshDir } from './lock-children.ts';

/** All runners must do the same, whatever happens. */
const RUNNERS = {
  spawnSync: (options: RunnerOptions) => makeRunnerSync(options),
  execa: (options: RunnerOptions) => makeRunner(options),
  spawn: (options: RunnerOptions) => makeRunnerSpawn(options),
};

for (const [name, make] of Object.entries(RUNNERS)) {
  test(`${name}: output, status and stderr of a tool arrive unchanged`, async () => {
    const result = await make({})('sh', ['-c', 'cat; echo oops >&2; exit 3'], 'in\n\n');
    assert.deepEqual(result, { status: 3, stdout: 'in\n\n', stderr: 'oops\n' });
  });

  test(`${name}: a child gets a fixed environment and works in /`, async () => {
    process.env.MLB_HOOKS_TEST = 'leaked';
    const result = await make({})('sh', ['-c', 'env -u PWD; pwd']);
    delete process.env.MLB_HOOKS_TEST;
    const lines = result.stdout
      .trimEnd()
      .split('\n')
      .filter((line) => !/^(_|SHLVL|OLDPWD)=/.test(line));
    assert.deepEqual(lines.sort(), ['/', 'LC_ALL=C', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin']);
  });

  test(`${name}: tools are found whatever PATH says`, async () => {
    const { PATH } = process.env;
    process.env.PATH = '/nowhere';
    const result = await make({})('true', []);
    process.env.PATH = PATH;
    assert.deepEqual(result, { status: 0, stdout: '', stderr: '' });
  });

  test(`${name}: a missing tool is ENOENT`, async () => {
    const result = await make({})('no-such-tool', []);
    assert.deepEqual(result, { status: null, stdout: '', stderr: '', errorCode: 'ENOENT' });
  });

  test(`${name}: a tool that hangs is killed in time`, async () => {
    const started = performance.now();
    const result = await make({ timeout: 150 })('sh', ['-c', 'trap "" TERM; echo begun; sleep 5 & wait']);
    assert.ok(performance.now() - started < 2000);
    assert.equal(result.status, null);
    assert.equal(result.errorCode, 'ETIMEDOUT');
  });

  test(`${name}: too much output is ENOBUFS, not a short answer`, async () => {
    const result = await make({ maxOutput: 1000 })('sh', ['-c', 'head -c 100000 /dev/zero']);
    assert.equal(result.errorCode, 'ENOBUFS');
  });

  test(`${name}: a tool that ends before it read its input is judged by its status`, async () => {
    assert.deepEqual(await make({})('true', [], 'x'.repeat(1_000_000)), {
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  test(`${name}: five megabytes pass through`, async () => {
    const text = 'x'.repeat(5_000_000);
    assert.equal((await make({})('cat', [], text)).stdout, text);
  });

  test(`${name}: the lock's descriptor is the child's descriptor 3`, async () => {
    const file = `${freshDir()}/flock`;
    const lockFd = openSync(file, 'w');
    const result = await make({ lockFd })('sh', ['-c', 'echo here >&3']);
    assert.equal(result.status, 0);
    assert.equal(readFileSync(file, 'utf8'), 'here\n');
  });

  test(`${name}: without a lock the child has no descriptor of ours`, async () => {
    const result = await make({})('sh', ['-c', 'echo here >&3']);
    assert.notEqual(result.status, 0);
  });

  test(`${name}: a working directory that was removed does not matter`, async () => {
    const before = process.cwd();
    const gone = `${freshDir()}/gone`;
    mkdirSync(gone);
    process.chdir(gone);
    rmdirSync(gone);
    try {
      assert.equal((await make({})('true', [])).status, 0);
    } finally {
      process.chdir(before);
    }
  });

  test(`${name}: a tool ended by a signal has no status`, async () => {
    const result = await make({})('sh', ['-c', 'kill -9 $$']);
    assert.equal(result.status, null);
  });
}

test('what conntrack prints is not read: it may be megabytes of what was deleted', () => {
  assert.equal(isRead('conntrack'), false);
  for (const tool of ['ip', 'tc', 'nft']) assert.equal(isRead(tool), true);
});

test('tools that routing does not depend on are waited for less long', () => {
  assert.deepEqual(['ip', 'nft', 'conntrack', 'tc'].map(timeoutOf), [20_000, 20_000, 5000, 2000]);
});
