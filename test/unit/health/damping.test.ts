import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersNeeded, type Damping, mostCounted, relax, strike } from '../../../src/health/damping.ts';

const PATIENCE = { upAfter: 20, interval: 0.5, holdLimit: 300 };

test('each time doubles the answers that are needed, up to the limit', () => {
  const needed = [0, 1, 2, 3, 4, 5, 6, 7, 60].map((count) => answersNeeded(count, PATIENCE));
  assert.deepEqual(needed, [20, 20, 40, 80, 160, 320, 600, 600, 600]);
});

test('a limit below the answers that are always needed takes none of them away', () => {
  assert.equal(answersNeeded(5, { ...PATIENCE, holdLimit: 1 }), 20);
  assert.equal(mostCounted({ ...PATIENCE, holdLimit: 1 }), 1);
});

test('it is counted no further than waiting grows', () => {
  const often = Array<number>(50)
    .fill(7)
    .reduce<Damping>((damping, now) => strike(damping, now, PATIENCE), { count: 0, calmSince: 0 });
  assert.deepEqual(often, { count: 6, calmSince: 7 });
});

test('each holdLimit of calm takes one away, and what is not calm begins it anew', () => {
  const damping = { count: 3, calmSince: 100 };
  const table: readonly (readonly [isCalm: boolean, now: number, count: number, calmSince: number])[] = [
    [true, 399, 3, 100],
    [true, 400, 2, 400],
    [true, 1050, 0, 1000],
    [true, 99_999, 0, 99_999 - (99_899 % 300)],
    [false, 399, 3, 399],
    [false, 5000, 3, 5000],
  ];
  for (const [isCalm, now, count, calmSince] of table)
    assert.deepEqual(relax(damping, isCalm, now, 300), { count, calmSince }, `${isCalm} ${now}`);
});
