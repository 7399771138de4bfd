import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint, mix } from '../../../src/ruleset/hash.ts';

/** Texts that differ as little as configurations do. */
const TEXTS = Array.from({ length: 20_000 }, (_, index) => `{"weight":${index},"name":"dsl1"}`);

const bitsOf = (value: number): number => value.toString(2).replaceAll('0', '').length;

test('the fingerprint of a text is the same in every version', () => {
  assert.equal(fingerprint(''), '1010df9a7cf92cb2');
  assert.equal(fingerprint('balance = "random"'), '13fc2573b5b79002');
  assert.equal(fingerprint('Ω → 終'), 'c7cec27c5c3fea28');
});

test('a fingerprint is 16 hexadecimal digits, and texts that differ have different ones', () => {
  const prints = TEXTS.map(fingerprint);
  for (const print of prints) assert.match(print, /^[0-9a-f]{16}$/);
  assert.equal(new Set(prints).size, TEXTS.length);
});

test('each half of a fingerprint alone tells texts apart', () => {
  // 20,000 draws of 32 bits collide 0.05 times; more than two would be no chance.
  for (const half of [0, 8]) {
    const halves = new Set(TEXTS.map((text) => fingerprint(text).slice(half, half + 8)));
    assert.ok(halves.size >= TEXTS.length - 2, `${halves.size} of ${TEXTS.length}`);
  }
});

test('a mix is the same in every version, or an upgrade would move connections', () => {
  assert.deepEqual(
    [mix(0, 0), mix(0, 1), mix(1, 0), mix(1023, 62)],
    [2856213345, 1624822673, 2571226413, 2573957170],
  );
});

test('a mix is a number of 32 bits without sign', () => {
  for (let slot = 0; slot < 1024; slot += 1) {
    const value = mix(slot, 7);
    assert.ok(Number.isInteger(value) && value >= 0 && value < 2 ** 32, String(value));
  }
});

test('one bit more or less on either side changes half of the bits of a mix', () => {
  for (const side of ['left', 'right'])
    for (let bit = 0; bit < 10; bit += 1) {
      const flips = Array.from({ length: 1024 }, (_, slot) => {
        const [a, b] = side === 'left' ? [slot ^ (1 << bit), 5] : [slot, 5 ^ (1 << bit)];
        return bitsOf((mix(slot, 5) ^ mix(a, b)) >>> 0);
      });
      const mean = flips.reduce((sum, count) => sum + count, 0) / flips.length;
      assert.ok(Math.abs(mean - 16) < 0.5, `${side}, bit ${bit}: ${mean}`);
    }
});
