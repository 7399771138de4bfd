import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createColors, wantsColor } from '../../../src/report/colors.ts';

test('colour is for a terminal, and never with NO_COLOR', () => {
  assert.equal(wantsColor({ isTTY: true }, {}), true);
  assert.equal(wantsColor({ isTTY: true }, { NO_COLOR: '' }), true);
  assert.equal(wantsColor({ isTTY: true }, { NO_COLOR: '1' }), false);
  assert.equal(wantsColor({ isTTY: true }, { TERM: 'dumb' }), false);
  assert.equal(wantsColor({ isTTY: false }, {}), false);
  assert.equal(wantsColor({}, {}), false);
});

test('without colour, text stays as it is', () => {
  assert.equal(createColors(false).red('x'), 'x');
});
