import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { persistWord, readWords } from '../../../src/system/words.ts';
import { freshDir } from './lock-children.ts';

const DSL1 = { id: 1, device: 'ppp0' };
const CABLE = { id: 2, device: 'eth1' };
const BOTH = [1, 2];

const freshFile = (): string => `${freshDir()}/mlb-hooks/words.json`;

/** What is read when this text stands in the file. */
const read = (text: string) => {
  const file = `${freshDir()}/words.json`;
  writeFileSync(file, text);
  const { uplinks, problems } = readWords(file);
  return { uplinks, problems: problems.map((problem) => problem.replace(file, 'FILE')) };
};

test('a word is read as it was persisted, until it is taken back', () => {
  const file = freshFile();
  persistWord(DSL1, 'disabled', BOTH, file);
  persistWord(CABLE, 'disabled', BOTH, file);
  persistWord(CABLE, 'draining', BOTH, file);
  const cable = { device: 'eth1', word: 'draining' };
  assert.deepEqual(readWords(file), {
    uplinks: { 1: { device: 'ppp0', word: 'disabled' }, 2: cable },
    problems: [],
  });
  persistWord(DSL1, undefined, BOTH, file);
  assert.deepEqual(readWords(file).uplinks, { 2: cable });
});

test('the folder is closed to others, and nothing but the file is in it', () => {
  const file = freshFile();
  persistWord(DSL1, 'disabled', BOTH, file);
  const folder = file.replace('/words.json', '');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['words.json']);
});

test('nothing is written when nothing changed, nor for a word that was never there', () => {
  const file = freshFile();
  persistWord(DSL1, undefined, BOTH, file);
  assert.throws(() => statSync(file), /ENOENT/);
  persistWord(DSL1, 'disabled', BOTH, file);
  const { ino } = statSync(file);
  persistWord(DSL1, 'disabled', BOTH, file);
  persistWord(CABLE, undefined, BOTH, file);
  assert.equal(statSync(file).ino, ino);
});

test('words of uplinks that are not configured any more are forgotten with the next word', () => {
  const file = freshFile();
  persistWord(DSL1, 'disabled', BOTH, file);
  persistWord(CABLE, 'draining', [2], file);
  assert.deepEqual(Object.keys(readWords(file).uplinks), ['2']);
});

test('a missing file says nothing, a broken one its reason, and what is valid beside it is kept', () => {
  assert.deepEqual(readWords(`${freshDir()}/none/words.json`), { uplinks: {}, problems: [] });
  const nothing = (problem: string) => ({ uplinks: {}, problems: [`FILE: ${problem}; went on without it`] });
  assert.deepEqual(read(''), nothing('is not JSON, or cut short'));
  assert.deepEqual(read('{"1":'), nothing('is not JSON, or cut short'));
  assert.deepEqual(read('[]'), nothing('is not a JSON object'));
  const word = { device: 'eth1', word: 'disabled' };
  assert.deepEqual(read(JSON.stringify({ 1: { device: 'ppp0', word: 'gone' }, 2: word })), {
    uplinks: { 2: word },
    problems: ['FILE: "word" of uplink "1" is broken; went on without it'],
  });
});

test('nothing but a word can be persisted', () => {
  const more = { device: 'eth1', word: 'disabled', veto: { index: 3 }, status: 'up' };
  assert.deepEqual(read(JSON.stringify({ 1: more, 2: { device: 'ppp0' } })).uplinks, {
    1: { device: 'eth1', word: 'disabled' },
  });
});

test('a broken file is replaced by the next word', () => {
  const file = freshFile();
  persistWord(DSL1, 'disabled', BOTH, file);
  writeFileSync(file, '{');
  persistWord(CABLE, 'disabled', BOTH, file);
  assert.deepEqual(readWords(file), { uplinks: { 2: { device: 'eth1', word: 'disabled' } }, problems: [] });
});

test('a word that cannot be written says until when it holds, and the old one stays whole', () => {
  const remedy = 'what was said holds until the next boot; check the space left there and say it again';
  const folder = freshDir();
  const elsewhere = freshDir();
  symlinkSync(elsewhere, `${folder}/mlb-hooks`);
  assert.throws(() => persistWord(DSL1, 'disabled', BOTH, `${folder}/mlb-hooks/words.json`), {
    name: 'UserError',
    message: `${folder}/mlb-hooks/words.json: cannot be written: ${folder}/mlb-hooks: is a symbolic link, not a directory; remove it (rm -r ${folder}/mlb-hooks), it is made again; ${remedy}`,
  });
  assert.deepEqual(readdirSync(elsewhere), []);
  const file = freshFile();
  persistWord(DSL1, 'disabled', BOTH, file);
  const before = readFileSync(file, 'utf8');
  mkdirSync(`${file}.tmp`);
  assert.throws(() => persistWord(CABLE, 'disabled', BOTH, file), /cannot be written: /);
  assert.equal(readFileSync(file, 'utf8'), before);
});
