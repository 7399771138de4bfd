import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockInstallation } from '../../../src/install/lock.ts';
import { acquireLock } from '../../../src/system/lock.ts';
import { temporaryFolder } from './program-folder.ts';

const unsaid = (line: string): never => assert.fail(line);

test('one install or uninstall at a time; the next waits so long and then says what to do', () => {
  const runDir = join(temporaryFolder(), 'run');
  const release = lockInstallation('', unsaid, { runDir });
  assert.throws(() => lockInstallation('', unsaid, { runDir, waitSeconds: 0.2 }), {
    name: 'UserError',
    message:
      'another install or uninstall of mlb-hooks is still at work after 0.2 s; ' +
      'wait until it has ended, then run this again',
  });
  release();
  lockInstallation('', unsaid, { runDir, waitSeconds: 0 })();
});

test('flush gets the lock of hooks and commands while uninstall has that of the installation', () => {
  const runDir = join(temporaryFolder(), 'run');
  const release = lockInstallation('', unsaid, { runDir });
  const lock = acquireLock({ waitSeconds: 0, runDir });
  assert.ok(lock !== undefined);
  lock.release();
  release();
});

test('below a root nothing is locked and nothing written', () => {
  const runDir = join(temporaryFolder(), 'run');
  const first = lockInstallation('/srv/image', unsaid, { runDir });
  lockInstallation('/srv/image', unsaid, { runDir })();
  first();
  assert.ok(!existsSync(runDir));
});
