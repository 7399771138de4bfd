import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripControl, stripFields } from '../../../src/system/strip-control.ts';

test('control characters go, line breaks and tabs become one space', () => {
  assert.equal(stripControl('a\u0000b\u001b[31mc\u007fd\u009be'), 'ab[31mcde');
  assert.equal(stripControl('one\r\n\ttwo\u2028three'), 'one two three');
});

test('marks that reorder text go, letters of every script stay', () => {
  assert.equal(stripControl('gpj.\u202eexe\u2066'), 'gpj.exe');
  assert.equal(stripControl('ligação 接続 связь é 🛜'), 'ligação 接続 связь é 🛜');
});

test('long text is cut', () => {
  assert.equal(stripControl('x'.repeat(2000)).length, 2000);
  assert.equal(stripControl('x'.repeat(2001)), `${'x'.repeat(1999)}…`);
  assert.equal(stripControl('abcdef', 4), 'abc…');
});

test('strings at any depth are stripped, everything else stays', () => {
  const fields = { a: '\u0007x', n: 1, no: null, list: ['\u0007y', { z: '\u0007z', '\u0007k': true }] };
  assert.deepEqual(stripFields(fields), { a: 'x', n: 1, no: null, list: ['y', { z: 'z', k: true }] });
});

test('an error becomes its name, its message and where it was thrown', () => {
  const { err } = stripFields({ err: new TypeError('bad\nthing') }) as { err: Record<string, unknown> };
  assert.equal(err.name, 'TypeError');
  assert.equal(err.message, 'bad thing');
  assert.match(String(Array.isArray(err.stack) && err.stack[0]), /^ {4}at .*strip-control\.test/);
});

test('a cycle ends', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  assert.match(JSON.stringify(stripFields(cycle)), /"…"/);
});
