import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createQueue } from '../../../src/notify/queue.ts';

interface Item {
  readonly number: number;
}

/** A queue whose work ends when `finish` is called. */
const slowQueue = (limit: number) => {
  const begun: number[] = [];
  const drops: number[] = [];
  const ends: (() => void)[] = [];
  const queue = createQueue<Item>({
    limit,
    work: ({ number }) => {
      begun.push(number);
      return new Promise((resolve) => ends.push(resolve));
    },
    onDrop: () => drops.push(begun.length),
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
  };
  const finish = async (): Promise<void> => {
    ends.shift()?.();
    await settle();
  };
  const add = (...numbers: number[]): void => {
    for (const number of numbers) queue.add({ number });
  };
  return { queue, begun, drops, add, finish, settle };
};

test('work begins after add has returned, one item at a time, in order', async () => {
  const { begun, add, finish, settle } = slowQueue(10);
  add(1, 2);
  assert.deepEqual(begun, []);
  await settle();
  assert.deepEqual(begun, [1]);
  add(3);
  await finish();
  assert.deepEqual(begun, [1, 2]);
  await finish();
  assert.deepEqual(begun, [1, 2, 3]);
  await finish();
  add(4);
  await settle();
  assert.deepEqual(begun, [1, 2, 3, 4]);
});

test('the oldest of too many that wait are dropped, which is said once until the queue was empty', async () => {
  const { begun, drops, add, finish, settle } = slowQueue(2);
  add(1);
  await settle();
  add(2, 3, 4, 5);
  assert.equal(drops.length, 1);
  for (let turn = 0; turn < 3; turn += 1) await finish();
  assert.deepEqual(begun, [1, 4, 5]);
  add(6);
  await settle();
  add(7, 8, 9);
  assert.equal(drops.length, 2);
});

test('clearing forgets what waits, and its promise is that of the work under way', async () => {
  const { queue, begun, add, finish, settle } = slowQueue(10);
  add(1, 2, 3);
  await settle();
  const { forgotten, ended } = queue.clear();
  assert.equal(forgotten, 2);
  let over = false;
  const waiting = ended.then(() => {
    over = true;
  });
  await settle();
  assert.equal(over, false);
  await finish();
  await waiting;
  assert.deepEqual(begun, [1]);
  assert.equal(queue.clear().forgotten, 0);
});
