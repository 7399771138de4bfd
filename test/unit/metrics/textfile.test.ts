import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isUserError } from '../../../src/errors.ts';
import { writeTextfile } from '../../../src/metrics/textfile.ts';
import { temporaryFolder } from '../install/program-folder.ts';

test('the file is replaced as a whole, readable for everybody whatever the umask and its mode before', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'mlb.prom');
  writeFileSync(path, 'old and longer\n', { mode: 0o600 });
  const { ino } = statSync(path);
  const before = process.umask(0o077);
  writeTextfile(path, 'new\n');
  process.umask(before);
  assert.equal(readFileSync(path, 'utf8'), 'new\n');
  assert.equal(statSync(path).mode & 0o777, 0o644);
  assert.notEqual(statSync(path).ino, ino, 'written in place: a reader may see half of it');
  assert.deepEqual(readdirSync(folder), ['mlb.prom']);
});

const refusal = (path: string): string => {
  try {
    writeTextfile(path, 'text\n');
  } catch (thrown) {
    assert.ok(isUserError(thrown), String(thrown));
    return thrown.message;
  }
  return '';
};

test('a missing directory is said with the command that makes it', () => {
  const path = join(temporaryFolder(), 'none', 'mlb.prom');
  assert.match(
    refusal(path),
    /^(\S+): metrics cannot be written: ENOENT.*; make its directory: mkdir -p \S+\/none$/,
  );
});

test('a directory in the place of the file is said, and nothing is left behind', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'mlb.prom'));
  assert.match(
    refusal(join(folder, 'mlb.prom')),
    /EISDIR.*; name another file in metrics-file of \[monitor\]$/,
  );
  assert.deepEqual(readdirSync(folder), ['mlb.prom']);
});
