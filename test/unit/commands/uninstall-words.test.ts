import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { uninstall } from '../../../src/install/uninstall.ts';
import { plant, temporaryFolder } from '../install/program-folder.ts';

const WORDS = '/var/lib/mlb-hooks/words.json';

test('uninstall takes persisted words away and says so, and with them the folder if nothing else is in it', async () => {
  const root = temporaryFolder();
  plant(root, WORDS, '{}');
  const lines: string[] = [];
  await uninstall({ root, log: (line) => void lines.push(line) });
  assert.deepEqual(lines, [`${root}${WORDS}: removed`]);
  assert.ok(!existsSync(join(root, '/var/lib/mlb-hooks')) && existsSync(join(root, '/var/lib')));
  plant(root, WORDS, '{}');
  plant(root, '/var/lib/mlb-hooks/notes', 'mine');
  await uninstall({ root, log: () => {} });
  assert.ok(existsSync(join(root, '/var/lib/mlb-hooks/notes')) && !existsSync(join(root, WORDS)));
});

test('persisted words outlive an uninstall that could not flush', async () => {
  const root = temporaryFolder();
  plant(root, WORDS, '{}');
  const flush = () => {
    throw new Error('flush failed');
  };
  await assert.rejects(uninstall({ root, flush, log: () => {} }), /flush failed/);
  assert.ok(existsSync(join(root, WORDS)));
});
