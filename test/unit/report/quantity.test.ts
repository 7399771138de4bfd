import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, count, duration, milliseconds, percent } from '../../../src/report/quantity.ts';

test('a duration is given in the largest unit that it fills twice', () => {
  const table: readonly (readonly [seconds: number, text: string])[] = [
    [0, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7199, '119 min'],
    [7200, '2 h'],
    [172_799, '47 h'],
    [172_800, '2 d'],
  ];
  for (const [seconds, text] of table) assert.equal(duration(seconds), text);
});

test('a number keeps two digits or more, and what is not known is a dash', () => {
  const table: readonly (readonly [number: number | null, count: string, bytes: string])[] = [
    [null, '-', '-'],
    [0, '0', '0 B'],
    [9999, '9999', '9999 B'],
    [10_000, '10 k', '10 kB'],
    [9_999_999, '9999 k', '9999 kB'],
    [10_000_000, '10 M', '10 MB'],
    [12_345_678_901, '12 G', '12 GB'],
    [2 ** 53, '9007 T', '9007 TB'],
  ];
  for (const [number, asCount, asBytes] of table)
    assert.deepEqual([count(number), bytes(number)], [asCount, asBytes]);
});

test('a share is in whole percent', () => {
  assert.deepEqual([null, 0, 0.333, 1].map(percent), ['-', '0 %', '33 %', '100 %']);
});

test('a round trip has a digit behind the point as long as there is room for it', () => {
  assert.deepEqual([null, 0.04, 9.94, 9.95, 640.4].map(milliseconds), [
    '-',
    '0.0 ms',
    '9.9 ms',
    '10 ms',
    '640 ms',
  ]);
});
