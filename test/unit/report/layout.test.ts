import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Column, layOut, wrap } from '../../../src/report/layout.ts';

const COLUMNS: readonly Column<string>[] = [
  { head: 'A', cell: (row) => row },
  { head: 'BB', cell: () => '12345', align: 'right', aside: (row) => [`b of ${row}`] },
  { head: 'CCC', cell: () => 'x', paint: (text) => `<${text}>`, aside: (row) => [`c of ${row}`] },
];

test('a table that fits has all its columns', () => {
  assert.deepEqual(layOut(COLUMNS, ['one'], 15), {
    head: 'A       BB  CCC',
    rows: [{ line: 'one  12345  <x>', asides: [] }],
  });
});

test('a table that does not fit loses columns from the right, and says below what was in them', () => {
  assert.deepEqual(layOut(COLUMNS, ['one'], 14), {
    head: 'A       BB',
    rows: [{ line: 'one  12345', asides: ['c of one'] }],
  });
  assert.deepEqual(layOut(COLUMNS, ['one', 'two'], 9).rows, [
    { line: 'one', asides: ['b of one', 'c of one'] },
    { line: 'two', asides: ['b of two', 'c of two'] },
  ]);
});

test('a table that can lose nothing more is as wide as it must be', () => {
  assert.equal(layOut(COLUMNS, ['abcdefghij'], 5).rows[0]?.line, 'abcdefghij');
});

test('parts are joined with commas as far as they fit', () => {
  assert.deepEqual(wrap(['ab', 'cd', 'ef'], 2, 8), ['  ab, cd', '  ef']);
  assert.deepEqual(wrap(['much too long', 'x'], 2, 5), ['  much too long', '  x']);
  assert.deepEqual(wrap([], 2, 5), []);
  assert.deepEqual(wrap(['ab', 'cd', 'ef'], 2, 8, '; '), ['  ab; cd', '  ef']);
});
