import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NO_MEMORY } from '../../helpers/samples.ts';
import { freshDir } from './lock-children.ts';

const CHILD = fileURLToPath(new URL('full-disk-child.ts', import.meta.url));

test('a full and a read-only disk lose nothing old, and each message has a remedy', (t) => {
  const dir = freshDir();
  const script = 'mount -t tmpfs -o size=64k none "$1" || exit 77; exec "$2" --import tsx "$3" "$1"';
  const args = ['-rm', 'sh', '-c', script, 'sh', dir, process.execPath, CHILD];
  const result = spawnSync('unshare', args, { encoding: 'utf8' });
  if (/unshare failed|cannot open/.test(result.stderr) || result.status === 77) {
    return t.skip(`no mount namespace here: ${result.stderr.trim()}`);
  }
  const noSpace = 'ENOSPC: no space left on device, write';
  const space = 'check the space left there';
  const unremembered =
    'vetoes, what drain and disable said, and the sysctls to restore are not remembered until then';
  const { full, readOnly } = JSON.parse(result.stdout.replaceAll(dir, 'DIR'));
  assert.deepEqual(full, {
    lock: true,
    save: `DIR/run/state.json: cannot be written: ${noSpace}; ${space}; ${unremembered}`,
    spool: `DIR/run/events/ID.json: the event cannot be spooled: ${noSpace}; ${space}; an event that comes while another hook works may be lost until then`,
    log: `DIR/run/log: 1 line not logged: ${noSpace}; free some space there`,
    memory: { memory: { ...NO_MEMORY, uplinks: { dsl1: { device: 'ppp0' } } } },
    spooled: 1,
    halves: [],
  });
  const rofs = (path: string) => `EROFS: read-only file system, open 'DIR/run/${path}'`;
  assert.deepEqual(readOnly, {
    remove: 1,
    waits: true,
    sweep: 0,
    save: `DIR/run/state.json: cannot be written: ${rofs('state.json.tmp')}; ${space}; ${unremembered}`,
    warning: `DIR/run/lock: cannot be made: EROFS: read-only file system, mkdir 'DIR/run/lock'; check the space left there`,
    log: `DIR/run/log: the log cannot be opened: ${rofs('log')}; mount its file system writable`,
  });
});
