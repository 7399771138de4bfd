'use strict';
// Starts a program of mlb-hooks that lies beside this file: `node start.cjs NAME ARGUMENT...` runs NAME.cjs.
// `node start.cjs --write-cache NAME` writes the code cache that makes the next starts of NAME faster:
// compiling is a third of a hook's time.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

/** Reads a file beside this one; an upgrade that removes this folder meanwhile has put `current` in place before. */
const read = (file, encoding) => {
  try {
    return readFileSync(join(__dirname, file), encoding);
  } catch {
    return readFileSync(join(__dirname, '../current', file), encoding);
  }
};

/**
 * The cache, or nothing. V8 refuses the cache of another version and one that is cut short, but runs a damaged one
 * (and crashes), so the file holds it twice: two equal halves are intact.
 */
const readCache = (name) => {
  try {
    const both = read(`${name}.cache`);
    const half = both.length / 2;
    const first = both.subarray(0, half);
    return first.equals(both.subarray(half)) ? first : undefined;
  } catch {
    return undefined;
  }
};

/** Compiles NAME.cjs as Node does a CommonJS file. It is pure ASCII, and latin1 is the cheapest way to read that. */
const compile = (name, cachedData) => {
  const text = read(`${name}.cjs`, 'latin1').replace(/^#!/, '//');
  const source = `(function (exports, require, module, __filename, __dirname) { ${text}\n})`;
  return new Script(source, { filename: join(__dirname, `${name}.cjs`), cachedData });
};

const loaded = new Map();

/** Runs NAME.cjs once, with what Node gives a CommonJS file. Files beside it are loaded in the same way. */
const load = (name) => {
  if (loaded.has(name)) return loaded.get(name).exports;
  const filename = join(__dirname, `${name}.cjs`);
  const module = { exports: {}, filename };
  loaded.set(name, module);
  const requireFrom = (id) => (id.startsWith('./') ? load(id.slice(2, -'.cjs'.length)) : require(id));
  const wrapper = compile(name, readCache(name)).runInThisContext();
  wrapper.call(module.exports, module.exports, requireFrom, module, filename, __dirname);
  return module.exports;
};

const run = (name) => {
  process.argv.splice(1, 2, join(__dirname, `${name}.cjs`));
  load(name);
};

/** Also functions that have not run are compiled: what a hook will call is not known here. */
const writeCache = (name) => {
  const { setFlagsFromString } = require('node:v8');
  setFlagsFromString('--no-lazy');
  const script = compile(name);
  // The flags are part of the cache: with other ones than at run time V8 would refuse it.
  setFlagsFromString('--lazy');
  const data = script.createCachedData();
  writeFileSync(join(__dirname, `${name}.cache`), Buffer.concat([data, data]), { mode: 0o644 });
};

if (process.argv[2] === '--write-cache') writeCache(process.argv[3]);
else run(process.argv[2]);
