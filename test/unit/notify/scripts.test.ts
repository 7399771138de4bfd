import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Ownership } from '../../../src/install/ownership.ts';
import { listScripts } from '../../../src/notify/scripts.ts';
import { folder, put } from './samples.ts';

const ROOTS = (): Ownership => ({ uid: 0, mode: 0o755 });

/** Everything is root's but one path. */
const except =
  (path: string, ownership: Ownership) =>
  (each: string): Ownership =>
    each === path ? ownership : ROOTS();

const pathsIn = (directory: string, ownershipOf: (path: string) => Ownership = ROOTS): string[] =>
  listScripts(directory, ownershipOf).scripts.map(({ path }) => path.slice(directory.length + 1));

test('executables come in the order of their bytes: digits, capitals, small letters', () => {
  const directory = folder();
  for (const name of ['b', 'a', 'B', '10', '9', '_x', 'a-b']) put(directory, name, '');
  assert.deepEqual(pathsIn(directory), ['10', '9', 'B', '_x', 'a', 'a-b', 'b']);
  assert.deepEqual(listScripts(directory, ROOTS).problems, []);
});

test('what editors and dpkg leave, what has no x, and what is no file are passed over in silence', () => {
  const directory = folder();
  for (const name of ['mail~', '.mail.swp', '#mail#', 'mail.dpkg-old', 'mail.bak']) put(directory, name, '');
  put(directory, 'README', '', 0o644);
  mkdirSync(join(directory, 'folder'));
  assert.deepEqual(listScripts(directory, ROOTS), { scripts: [], problems: [] });
});

test('an executable that somebody meant but named with a dot is not run, and said', () => {
  const directory = folder();
  const path = put(directory, 'mail.sh', '');
  assert.deepEqual(listScripts(directory, ROOTS), {
    scripts: [],
    problems: [`${path}: not run: its name has other characters than A-Z, a-z, 0-9, _ and -; rename it`],
  });
});

test('one that somebody else owns or can write is not run, and the others are', () => {
  const directory = folder();
  const path = put(directory, 'mail', '');
  put(directory, 'other', '');
  const listing = (ownership: Ownership) => listScripts(directory, except(path, ownership));
  const stolen = listing({ uid: 1000, mode: 0o755 });
  assert.deepEqual(
    stolen.scripts.map((script) => script.path),
    [join(directory, 'other')],
  );
  assert.deepEqual(stolen.problems, [
    `${path}: not run: ${path}: root runs or reads what is there, but ${path} belongs to user 1000, not to root; run: chown root: ${path}`,
  ]);
  assert.match(
    listing({ uid: 0, mode: 0o775 }).problems[0] ?? '',
    /is writable by others than root \(mode 775\); run: chmod go-w /,
  );
});

test('where others can write the directory, nothing of it is run, which is one problem; an empty one is none', () => {
  const directory = folder();
  const ownershipOf = except(directory, { uid: 0, mode: 0o1777 });
  assert.deepEqual(listScripts(directory, ownershipOf), { scripts: [], problems: [] });
  put(directory, 'mail', '');
  put(directory, 'other', '');
  const { scripts, problems } = listScripts(directory, ownershipOf);
  assert.deepEqual(scripts, []);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /writable by others than root \(mode 1777\)/);
});

test('a link is judged by the file that it leads to, and that file is run', () => {
  const [directory, elsewhere] = [folder(), folder()];
  const file = put(elsewhere, 'tool.sh', '');
  symlinkSync(file, join(directory, 'mail'));
  assert.deepEqual(listScripts(directory, ROOTS).scripts, [{ path: join(directory, 'mail'), file }]);
  assert.deepEqual(pathsIn(directory, except(elsewhere, { uid: 1000, mode: 0o755 })), []);
});

test('a link that leads nowhere is said, and the others are run', () => {
  const directory = folder();
  symlinkSync('/nonexistent', join(directory, 'mail'));
  put(directory, 'other', '');
  assert.deepEqual(pathsIn(directory), ['other']);
  assert.match(
    listScripts(directory, ROOTS).problems[0] ?? '',
    /mail: not run: ENOENT.*; repair or remove it$/,
  );
});

test('a directory that is not there is an empty one; a file in its place is said', () => {
  const directory = folder();
  assert.deepEqual(listScripts(join(directory, 'none')), { scripts: [], problems: [] });
  const file = put(directory, 'file', '');
  const { scripts, problems } = listScripts(file);
  assert.deepEqual(scripts, []);
  assert.match(problems[0] ?? '', /file: not run: ENOTDIR.*; make it a directory of root's$/);
});
