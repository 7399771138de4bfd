import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '../../../src/model.ts';
import { shareOf } from '../../../src/report/shares.ts';
import { type Line, states } from './states.ts';

const shares = (balance: Settings['balance'], ...list: readonly Line[]): number[] => {
  const all = states(...list);
  return all.map((state) => shareOf(state, all, balance));
};

test('the share is by weight among the best tier that carries', () => {
  assert.deepEqual(shares('source', [1, 1, 'up'], [1, 3, 'up']), [0.25, 0.75]);
  assert.deepEqual(shares('random', [1, 1, 'up'], [2, 3, 'up']), [1, 0]);
  assert.deepEqual(shares('multipath', [1, 1, 'down'], [2, 3, 'up'], [2, 1, 'up']), [0, 0.75, 0.25]);
  assert.deepEqual(shares('multipath', [1, 1, 'no-carrier'], [2, 3, 'up']), [0, 1]);
  assert.deepEqual(shares('multipath', [1, 1, 'vetoed'], [1, 1, 'up']), [0, 1]);
  assert.deepEqual(shares('multipath', [1, 1, 'absent'], [1, 1, 'down']), [0, 0]);
});

test('a deferred line has a share only where its tier has no other', () => {
  const list: Line[] = [
    [1, 1, 'degraded'],
    [1, 3, 'up'],
    [2, 1, 'up'],
  ];
  assert.deepEqual(shares('source', ...list), [0, 1, 0]);
  assert.deepEqual(shares('failover', ...list), [0, 1, 0]);
  assert.deepEqual(shares('source', [1, 1, 'degraded'], [1, 3, 'degraded'], [2, 1, 'up']), [0.25, 0.75, 0]);
  assert.deepEqual(shares('failover', [1, 1, 'degraded'], [1, 3, 'down'], [2, 1, 'up']), [1, 0, 0]);
});

test('a dead line has a share only while it is kept, and a draining one none', () => {
  const [dead, other] = states([1, 1, 'dead'], [1, 1, 'dead']);
  assert.ok(dead && other);
  const kept = { ...dead, use: 'working' as const };
  assert.equal(shareOf(kept, [kept, other], 'source'), 1);
  assert.equal(shareOf(other, [kept, other], 'source'), 0);
  assert.deepEqual(shares('random', [1, 1, 'draining'], [1, 1, 'up']), [0, 1]);
});

test('in failover one has it all: the lowest id of the best tier, whatever its weight', () => {
  assert.deepEqual(shares('failover', [2, 9, 'up'], [1, 1, 'up'], [1, 5, 'up']), [0, 1, 0]);
  assert.deepEqual(shares('failover', [2, 9, 'up'], [1, 1, 'no-carrier'], [1, 5, 'up']), [0, 0, 1]);
  assert.deepEqual(shares('failover', [1, 1, 'down']), [0]);
});
