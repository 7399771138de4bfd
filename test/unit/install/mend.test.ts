import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { install } from '../../../src/install/install.ts';
import { plant, programFolder, temporaryFolder } from './program-folder.ts';

const lib = '/usr/local/lib/mlb-hooks';
const caches = ['if-down', 'if-up', 'ip-down', 'ip-up', 'mlb-hooks'].map((name) => `${name}.cache`);

/** Installs from `from` below `root` and returns what it said about its version's folder. */
const installed = (root: string, from: string, node = process.execPath): string[] => {
  const lines: string[] = [];
  install({ root, from, node, chain: false, log: (line) => void lines.push(line) });
  return lines.filter((line) => /mended|cache/.test(line));
};

/** A Node that cannot make caches while a file is there, and writes down which starter it was to run. */
const moodyNode = (): { node: string; obstacle: string; seen: string } => {
  const folder = temporaryFolder();
  const [obstacle, seen] = [join(folder, 'obstacle'), join(folder, 'seen')];
  writeFileSync(obstacle, '');
  const script = `#!/bin/sh\necho "$1" >>'${seen}'\n[ -e '${obstacle}' ] && exit 3\nexec '${process.execPath}' "$@"\n`;
  return { node: plant(folder, 'node', script), obstacle, seen };
};

test('a code cache that could not be made is made by the next install that can', () => {
  const root = temporaryFolder();
  const from = programFolder('1.2.3');
  const { node, obstacle } = moodyNode();
  const folder = join(root, lib, '1.2.3');
  const complaint =
    `${node} could not prepare a code cache for if-down.cjs (status 3): hooks work, but start slower; ` +
    'another install tries again';
  assert.deepEqual(installed(root, from, node), [complaint]);
  assert.deepEqual(installed(root, from, node), [complaint]);
  rmSync(obstacle);
  assert.deepEqual(installed(root, from, node), [`${folder}: mended: ${caches.join(' ')}`]);
  for (const name of caches) assert.ok(existsSync(join(folder, name)), name);
  assert.deepEqual(installed(root, from, node), []);
});

for (const [what, damage] of [
  ['is missing', (file: string) => rmSync(file)],
  ['was cut short', (file: string) => truncateSync(file, 10)],
  ['is empty', (file: string) => truncateSync(file, 0)],
  ['cannot be read by others', (file: string) => chmodSync(file, 0o600)],
] as const) {
  test(`a file or a cache of the program that ${what} is written again by the next install`, () => {
    const root = temporaryFolder();
    const from = programFolder('1.2.3');
    installed(root, from);
    const folder = join(root, lib, '1.2.3');
    const text = readFileSync(join(folder, 'ip-up.cjs'));
    for (const name of ['ip-up.cjs', 'templates/launcher', 'if-up.cache']) damage(join(folder, name));
    assert.deepEqual(installed(root, from), [
      // The cache of a text that was not the right one goes with it.
      `${folder}: mended: ip-up.cjs templates/launcher if-up.cache ip-up.cache`,
    ]);
    assert.deepEqual(readFileSync(join(folder, 'ip-up.cjs')), text);
    const cache = readFileSync(join(folder, 'if-up.cache'));
    assert.ok(
      cache.length > 100 && cache.subarray(0, cache.length / 2).equals(cache.subarray(cache.length / 2)),
    );
    assert.deepEqual(installed(root, from), []);
    assert.deepEqual(readdirSync(join(root, lib)).toSorted(), ['1.2.3', 'current', 'folders']);
  });
}

test('an unfinished folder is of one process alone, and what another left unfinished is not used', () => {
  const root = temporaryFolder();
  const { node, obstacle, seen } = moodyNode();
  rmSync(obstacle);
  plant(root, `${lib}/.1.2.3.new/stamp`, 'installed by mlb-hooks\n');
  plant(root, `${lib}/.1.2.3.new/ip-up.cjs`, 'half');
  installed(root, programFolder('1.2.3'), node);
  assert.deepEqual(
    [...new Set(readFileSync(seen, 'utf8').trim().split('\n'))],
    [join(root, lib, `.1.2.3.${process.pid}.new/start.cjs`)],
  );
  assert.deepEqual(readdirSync(join(root, lib)).toSorted(), ['1.2.3', 'current', 'folders']);
  assert.notEqual(readFileSync(join(root, lib, '1.2.3/ip-up.cjs'), 'utf8'), 'half');
});
