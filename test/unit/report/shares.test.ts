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

test('in failover one has it all: the lowest id of the best tier, whatever its weight', () => {
  assert.deepEqual(shares('failover', [2, 9, 'up'], [1, 1, 'up'], [1, 5, 'up']), [0, 1, 0]);
  assert.deepEqual(shares('failover', [2, 9, 'up'], [1, 1, 'no-carrier'], [1, 5, 'up']), [0, 0, 1]);
  assert.deepEqual(shares('failover', [1, 1, 'down']), [0]);
});
