import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { createSieve } from '../../../src/watch/sieve.ts';
import { check } from '../properties/check.ts';

/** Longer than a sieve holds lines after a hit. */
const HELD = 70;

const sieveOf = () => {
  const hits: string[] = [];
  const tested: string[] = [];
  const sieve = createSieve({
    concerns: (line) => {
      tested.push(line);
      return line.startsWith('!');
    },
    onHit: (line) => hits.push(line),
  });
  return { sieve, hits, tested };
};

test('the first line of concern is passed on at once, and no other of the same moment', async () => {
  const { sieve, hits } = sieveOf();
  sieve.take('a\n!b\n!c\n');
  sieve.take('!d\n');
  assert.deepEqual(hits, ['!b']);
  await sleep(HELD);
  assert.deepEqual(hits, ['!b'], 'the run that was asked for looks at that as well');
});

test('wherever output is cut, lines are whole', () => {
  check(
    fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 12 }), (cuts) => {
      const text = 'one\ntwo words\n\nfour\n!five\nrest';
      const { sieve, hits } = sieveOf();
      const places = [...new Set(cuts)].sort((a, b) => a - b);
      for (const [index, from] of [0, ...places].entries()) sieve.take(text.slice(from, places[index]));
      sieve.stop();
      assert.deepEqual(hits, ['!five']);
    }),
    200,
  );
});

test('lines that come later are kept, and tested after a while', async () => {
  const { sieve, hits } = sieveOf();
  sieve.take('!first\n');
  await sleep(10);
  sieve.take('a\n!second\n');
  assert.deepEqual(hits, ['!first']);
  await sleep(HELD);
  assert.deepEqual(hits, ['!first', '!second']);
});

test('lines of no concern after a hit lead to nothing', async () => {
  const { sieve, hits } = sieveOf();
  sieve.take('!first\n');
  await sleep(10);
  sieve.take('a\nb\n');
  await sleep(HELD);
  assert.deepEqual(hits, ['!first']);
});

test('a flood is neither kept nor tested line by line, and counts as of concern', async () => {
  const { sieve, hits, tested } = sieveOf();
  sieve.take('!first\n');
  await sleep(10);
  for (let index = 0; index < 1000; index++) sieve.take('nothing of any concern\n'.repeat(100));
  sieve.take('short\n');
  await sleep(HELD);
  assert.deepEqual(hits, ['!first', 'more lines than are read one by one']);
  assert.ok(tested.length < 10, `${tested.length} lines`);
});

test('a line without end does not grow', () => {
  const { sieve, hits } = sieveOf();
  sieve.take('!');
  for (let index = 0; index < 1000; index++) sieve.take('x'.repeat(1000));
  sieve.take('\n');
  sieve.stop();
  assert.equal(hits.length, 1);
  assert.ok((hits[0] ?? '').length <= 65_536 + 1);
});

test('a sieve that was stopped says nothing more', async () => {
  const { sieve, hits } = sieveOf();
  sieve.take('!first\n');
  await sleep(10);
  sieve.take('!second\n');
  sieve.stop();
  await sleep(HELD);
  assert.deepEqual(hits, ['!first']);
});
