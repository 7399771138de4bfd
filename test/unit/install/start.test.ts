import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { programFolder, temporaryFolder } from './program-folder.ts';

const run = (folder: string, ...args: readonly string[]) => {
  const options = { encoding: 'utf8', env: {}, cwd: '/' } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(folder, 'start.cjs'), ...args],
    options,
  );
  return { status, stdout, stderr };
};
const program = (text: string): string => programFolder('1.2.3', `'use strict';\n${text}\n`);
const report = `const { join } = require('node:path');
const unused = (a) => a + 40;
console.log(JSON.stringify([process.argv.slice(1), __filename, __dirname, join('a', 'b'), unused(2)]));`;

test('a program sees the arguments and names of a file that Node ran itself', () => {
  const folder = program(report);
  const { stdout } = run(folder, 'ip-up', 'ppp0', '', 'a b');
  const file = join(folder, 'ip-up.cjs');
  assert.deepEqual(JSON.parse(stdout), [[file, 'ppp0', '', 'a b'], file, folder, 'a/b', 42]);
});

test('a cache is accepted by V8 as it is, also for functions that did not run', () => {
  const folder = program(report);
  assert.equal(run(folder, '--write-cache', 'ip-up').status, 0);
  const both = readFileSync(join(folder, 'ip-up.cache'));
  const text = readFileSync(join(folder, 'ip-up.cjs'), 'latin1');
  const source = `(function (exports, require, module, __filename, __dirname) { ${text}\n})`;
  const cachedData = both.subarray(0, both.length / 2);
  assert.equal(new Script(source, { cachedData }).cachedDataRejected, false);
  assert.equal(JSON.parse(run(folder, 'ip-up').stdout)[4], 42);
});

test('a program runs whatever became of its cache', () => {
  const folder = program(report);
  const cache = join(folder, 'ip-up.cache');
  run(folder, '--write-cache', 'ip-up');
  const whole = readFileSync(cache);
  const half = whole.length / 2;
  const damaged = Array.from({ length: 8 }, (_, index) => {
    const copy = Buffer.from(whole);
    const at = Math.floor((index / 8) * half);
    copy.fill(0xff, at, at + 16);
    return copy;
  });
  const others = [
    Buffer.alloc(0),
    Buffer.alloc(1),
    Buffer.alloc(whole.length),
    whole.subarray(0, half),
    whole.subarray(8),
  ];
  for (const [index, content] of [...damaged, ...others].entries()) {
    writeFileSync(cache, content);
    const { status, stdout, stderr } = run(folder, 'ip-up');
    assert.deepEqual({ index, status, stderr }, { index, status: 0, stderr: '' });
    assert.equal(JSON.parse(stdout)[4], 42);
  }
  rmSync(cache);
  mkdirSync(cache);
  assert.equal(run(folder, 'ip-up').status, 0);
});

test('a cache that belongs to other text is not used', () => {
  const folder = program(`console.log('old');`);
  run(folder, '--write-cache', 'ip-up');
  writeFileSync(join(folder, 'ip-up.cjs'), `'use strict';\nconsole.log('new text');\n`);
  assert.equal(run(folder, 'ip-up').stdout, 'new text\n');
});

test('a program whose folder an upgrade removes meanwhile is found through `current`', () => {
  const lib = temporaryFolder();
  const folder = join(lib, '1.2.3');
  const next = join(lib, '1.2.4');
  renameSync(program(report), folder);
  // Only the starter is left: what Node had opened already.
  mkdirSync(next);
  renameSync(join(folder, 'ip-up.cjs'), join(next, 'ip-up.cjs'));
  symlinkSync('1.2.4', join(lib, 'current'));
  assert.equal(JSON.parse(run(folder, 'ip-up').stdout)[4], 42);
});

test('an error names the line of the bundle, and the status is Node’s', () => {
  const folder = program(`\nthrow new Error('as wished');`);
  const { status, stderr } = run(folder, 'ip-up');
  assert.equal(status, 1);
  assert.ok(stderr.startsWith(`${join(folder, 'ip-up.cjs')}:3\n`), stderr);
});

test('a first line for the shell does no harm', () => {
  const folder = programFolder('1.2.3', `#!/usr/bin/env node\nconsole.log('ran');\n`);
  assert.equal(run(folder, 'mlb-hooks').stdout, 'ran\n');
});

test('a part beside a program is loaded once, with its own cache, and built-ins as ever', () => {
  const folder = program(`const part = require('./part.cjs');
console.log(part.count(), require('./part.cjs').count(), part.name, require('node:path').sep);`);
  const part = `let calls = 0;\nmodule.exports = { count: () => ++calls, name: __filename };\n`;
  writeFileSync(join(folder, 'part.cjs'), part);
  assert.equal(run(folder, '--write-cache', 'part').status, 0);
  assert.equal(run(folder, 'ip-up').stdout, `1 2 ${join(folder, 'part.cjs')} /\n`);
});
