import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLineCutter } from '../../../src/probes/lines.ts';

test('lines come whole however their text is cut into chunks', () => {
  const cut = makeLineCutter();
  assert.deepEqual(['a', 'b\nc', 'd\n', 'e\nf\ng'].map(cut), ['', 'ab', 'cd', 'e\nf']);
  assert.equal(cut('\n'), 'g');
});

test('of a line without end no more than its last thousand characters are kept', () => {
  const cut = makeLineCutter();
  for (let chunk = 0; chunk < 100; chunk += 1) cut('x'.repeat(5000));
  assert.equal(cut('\n').length, 1000);
});
