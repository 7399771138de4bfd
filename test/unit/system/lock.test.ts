import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { acquireLock } from '../../../src/system/lock.ts';
import { firstLine, freshDir, killHard, lockChild, startChild, tryChild } from './lock-children.ts';

const TEN_YEARS = 10 * 365.25 * 24 * 3600;

const agedBy = (path: string, seconds: number): void => {
  const time = Date.now() / 1000 + seconds;
  utimesSync(path, time, time);
};

test('the lock is exclusive, bounded in its wait, and free again after release', () => {
  const runDir = freshDir();
  const lock = acquireLock({ waitSeconds: 0, runDir });
  assert.ok(lock);
  assert.equal(lock.warning, undefined);
  const started = performance.now();
  assert.equal(acquireLock({ waitSeconds: 0.3, runDir }), undefined);
  const waited = performance.now() - started;
  assert.ok(waited >= 290 && waited < 1500, `waited ${waited} ms`);
  lock.release();
  lock.release();
  assert.equal(existsSync(`${runDir}/lock`), false);
  const again = acquireLock({ waitSeconds: 0, runDir });
  assert.ok(again);
  again.release();
});

test('proper-lockfile shows the lock as a directory while it is held', () => {
  const runDir = freshDir();
  const lock = acquireLock({ waitSeconds: 0, runDir });
  assert.ok(statSync(`${runDir}/lock`).isDirectory());
  lock?.release();
});

test('a holder killed with SIGKILL costs the next one less than a second', async () => {
  const runDir = freshDir();
  const holder = startChild(['hold', runDir, '5']);
  assert.equal(await firstLine(holder), 'held');
  await killHard(holder);
  assert.ok(existsSync(`${runDir}/lock`), 'the killed holder leaves its directory');
  const { got, took } = await tryChild([runDir, '5']);
  assert.ok(got && took < 1000, `got ${got} after ${took} ms`);
});

for (const args of [['throw'], ['throw-after-execa']]) {
  test(`an uncaught exception gives the lock back (${args.join(' ')})`, async () => {
    const runDir = freshDir();
    await once(startChild([...args, runDir, '5']), 'exit');
    assert.equal(existsSync(`${runDir}/lock`), false);
    const { got, took } = await tryChild([runDir, '0']);
    assert.ok(got && took < 1000);
  });
}

test('a child that outlives its killed parent keeps the lock until it ends', async () => {
  const runDir = freshDir();
  const parent = startChild(['child', runDir, '5']);
  assert.equal(await firstLine(parent), 'held');
  await killHard(parent);
  assert.equal((await tryChild([runDir, '0'])).got, false);
  const { got, took } = await tryChild([runDir, '5']);
  assert.ok(got && took < 2500, `got ${got} after ${took} ms`);
});

for (const years of [-10, 10]) {
  test(`a clock step of ${years} years does not steal a live lock`, async () => {
    const runDir = freshDir();
    const lock = acquireLock({ waitSeconds: 0, runDir });
    agedBy(`${runDir}/lock`, years * (TEN_YEARS / 10));
    assert.equal((await tryChild([runDir, '0.2'])).got, false);
    assert.equal((await tryChild([runDir, '0.2'], years)).got, false);
    assert.equal((await tryChild([runDir, '0.2'], -years)).got, false);
    lock?.release();
  });

  test(`a clock step of ${years} years leaves no orphan`, async () => {
    const runDir = freshDir();
    const holder = startChild(['hold', runDir, '5'], years);
    assert.equal(await firstLine(holder), 'held');
    await killHard(holder);
    agedBy(`${runDir}/lock`, years * (TEN_YEARS / 10));
    const { got, took } = await tryChild([runDir, '5']);
    assert.ok(got && took < 1000, `got ${got} after ${took} ms`);
  });
}

for (const mode of ['append', 'files-append']) {
  test(`sixteen contenders never work at the same time, and all get their turn (${mode})`, async () => {
    const runDir = freshDir();
    const file = `${runDir}/order`;
    writeFileSync(file, '');
    const contenders = Array.from({ length: 16 }, () => startChild([mode, runDir, '30', file]));
    await Promise.all(contenders.map((child) => once(child, 'exit')));
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, 32);
    for (let turn = 0; turn < lines.length; turn += 2) {
      assert.equal(lines[turn]?.replace('begin', 'end'), lines[turn + 1]);
    }
  });
}

test('what stands where the lock directory goes is replaced by the owner of the flock', () => {
  const runDir = freshDir();
  writeFileSync(`${runDir}/lock`, 'a file');
  const lock = acquireLock({ waitSeconds: 0, runDir });
  assert.ok(lock);
  assert.equal(lock.warning, undefined);
  lock.release();
});

test('without flock(1) lock files do its work, and the operator hears of it', async (t) => {
  const runDir = freshDir();
  const script = `touch "$2/node" && mount --bind "$1" "$2/node" && mount -t tmpfs none /usr/bin || exit 77
    exec "$2/node" "$3" try "$2" 0`;
  const args = ['-rm', 'sh', '-c', script, 'sh', process.execPath, runDir, lockChild];
  const result = spawnSync('unshare', args, { encoding: 'utf8' });
  if (result.status !== 0) return t.skip(`no mount namespace here: ${result.stderr.trim()}`);
  const { got, warning } = JSON.parse(result.stdout);
  assert.equal(got, true);
  assert.equal(
    warning,
    'flock: not found (looked in /usr/sbin, /sbin, /usr/bin, /bin); install the Debian package util-linux; ' +
      'until then lock files do its work',
  );
});

test('RUN_DIR is made for us alone, also under another umask', () => {
  const runDir = `${freshDir()}/run`;
  const before = process.umask(0o022);
  acquireLock({ waitSeconds: 0, runDir })?.release();
  process.umask(before);
  assert.equal(statSync(runDir).mode & 0o777, 0o700);
});

test('a RUN_DIR that others may enter is closed to them', () => {
  const runDir = freshDir();
  chmodSync(runDir, 0o777);
  acquireLock({ waitSeconds: 0, runDir })?.release();
  assert.equal(statSync(runDir).mode & 0o777, 0o700);
});

const refusal = (runDir: string): string => {
  try {
    acquireLock({ waitSeconds: 0, runDir });
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'UserError')
      return thrown.message.replaceAll(runDir, 'DIR');
    throw thrown;
  }
  return 'not refused';
};

test('a RUN_DIR that is a link, a file, or has no parent is refused', () => {
  const parent = freshDir();
  mkdirSync(`${parent}/real`, { mode: 0o700 });
  symlinkSync(`${parent}/real`, `${parent}/link`);
  writeFileSync(`${parent}/file`, '');
  const remedy = 'remove it (rm -r DIR), it is made again';
  assert.equal(refusal(`${parent}/link`), `DIR: is a symbolic link, not a directory; ${remedy}`);
  assert.equal(refusal(`${parent}/file`), `DIR: is not a directory; ${remedy}`);
  assert.equal(
    refusal(`${parent}/none/run`),
    "DIR: cannot be made: ENOENT: no such file or directory, mkdir 'DIR'; make its parent directory",
  );
});

test('a RUN_DIR of another user is refused', (t) => {
  if (process.geteuid?.() !== 0) return t.skip('only root can give a directory away');
  const runDir = freshDir();
  chownSync(runDir, 12345, 12345);
  assert.equal(
    refusal(runDir),
    'DIR: belongs to user 12345, not to user 0 who runs this; remove it (rm -r DIR), it is made again',
  );
});
