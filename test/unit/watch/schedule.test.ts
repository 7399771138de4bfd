import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSchedule } from '../../../src/watch/schedule.ts';

interface Ran {
  readonly causes: readonly string[];
  readonly started: number;
  readonly ended: number;
}

/** A schedule whose runs take so many milliseconds, and what it ran. */
const scheduleOf = (duration: number, settle: number, rest: number) => {
  const ran: Ran[] = [];
  let running = 0;
  const schedule = createSchedule(
    async (causes) => {
      running += 1;
      assert.equal(running, 1, 'one run at a time');
      const started = performance.now();
      await sleep(duration);
      running -= 1;
      ran.push({ causes, started, ended: performance.now() });
    },
    { settle, rest },
  );
  return { schedule, ran };
};

/** Timers may fire a little early: they count whole milliseconds. */
const EARLY = 2;

/** And as late as a busy machine makes them. */
const LATE = 100;

const pausesOf = (ran: readonly Ran[]): number[] =>
  ran.slice(1).map(({ started }, index) => started - (ran[index]?.ended ?? 0));

test('causes that come before a run begins share it, each named once', async () => {
  const { schedule, ran } = scheduleOf(1, 20, 20);
  for (const cause of ['a', 'b', 'a', 'c']) schedule.ask(cause);
  await schedule.idle();
  assert.deepEqual(
    ran.map(({ causes }) => causes),
    [['a', 'b', 'c']],
  );
});

test('a run begins when the first cause has settled, whatever comes after it', async () => {
  const { schedule, ran } = scheduleOf(1, 200, 0);
  const asked = performance.now();
  schedule.ask('first');
  await sleep(150);
  schedule.ask('second');
  await schedule.idle();
  const waited = (ran[0]?.started ?? 0) - asked;
  assert.equal(ran.length, 1);
  assert.ok(waited >= 200 - EARLY && waited < 330, `${waited} ms`);
});

test('causes during a run lead to one more, after the rest', async () => {
  const { schedule, ran } = scheduleOf(30, 1, 50);
  schedule.ask('first');
  await sleep(15);
  for (let index = 0; index < 1000; index++) schedule.ask(`during ${index % 3}`);
  await schedule.idle();
  assert.deepEqual(
    ran.map(({ causes }) => causes.length),
    [1, 3],
  );
  assert.ok((pausesOf(ran)[0] ?? 0) >= 50 - EARLY);
});

test('what a run changes asks for the next one: the rest of a few is the usual one', async () => {
  const { schedule, ran } = scheduleOf(20, 1, 25);
  for (let index = 0; index < 7; index++) {
    schedule.ask('again');
    await sleep(35);
  }
  await schedule.idle();
  const pauses = pausesOf(ran);
  assert.ok(pauses.length >= 4, `${pauses}`);
  assert.ok(
    pauses.every((pause) => pause < 25 + LATE),
    `${pauses}`,
  );
});

test('the rest grows while runs go on following each other, to ten times their own duration', async () => {
  const { schedule, ran } = scheduleOf(20, 1, 25);
  const flood = setInterval(() => schedule.ask('again'), 2);
  await sleep(1500);
  clearInterval(flood);
  await schedule.stop();
  const pauses = pausesOf(ran);
  const [first = 0] = pauses;
  const [, second = 0, , fourth = 0] = pauses.slice(6);
  assert.ok(first >= 25 - EARLY && second >= 50 - EARLY && fourth >= 190, `${pauses}`);
  for (const [index, pause] of pauses.entries()) {
    const { started = 0, ended = 0 } = ran[index] ?? {};
    assert.ok(pause < 10 * (ended - started) + LATE, `${pauses}`);
  }
});

test('what is urgent does not wait for the rest that a flood has made long', async () => {
  const { schedule, ran } = scheduleOf(60, 1, 25);
  const flood = setInterval(() => schedule.ask('again'), 2);
  while (!pausesOf(ran).some((pause) => pause > 250)) await sleep(1);
  // The longest of all rests begins with the end of a run.
  const { length } = ran;
  while (ran.length === length) await sleep(1);
  schedule.ask('urgent', 'urgent');
  while (ran.length === length + 1) await sleep(1);
  clearInterval(flood);
  await schedule.stop();
  const pause = pausesOf(ran)[length] ?? 0;
  assert.ok(ran[length + 1]?.causes.includes('urgent'));
  assert.ok(pause >= 25 - EARLY && pause < 25 + LATE, `${pause} ms`);
});

test('after a pause the rest is short again', async () => {
  const { schedule, ran } = scheduleOf(20, 1, 25);
  const flood = setInterval(() => schedule.ask('again'), 2);
  await sleep(900);
  clearInterval(flood);
  await schedule.idle();
  await sleep(250);
  const before = ran.length;
  schedule.ask('alone');
  await schedule.idle();
  schedule.ask('after it');
  await schedule.idle();
  const pause = pausesOf(ran).at(-1) ?? 0;
  assert.equal(ran.length, before + 2);
  assert.ok(pause >= 25 - EARLY && pause < 25 + LATE, `${pause} ms`);
});

test('stop waits for the run that has begun and starts no other', async () => {
  const { schedule, ran } = scheduleOf(40, 1, 1);
  schedule.ask('first');
  await sleep(15);
  schedule.ask('during');
  await schedule.stop();
  assert.equal(ran.length, 1);
  schedule.ask('after');
  await schedule.idle();
  await sleep(20);
  assert.equal(ran.length, 1);
});

test('stop before the first run leaves nothing to wait for', async () => {
  const { schedule, ran } = scheduleOf(1, 30, 1);
  schedule.ask('never');
  const idle = schedule.idle();
  await schedule.stop();
  await idle;
  await sleep(50);
  assert.equal(ran.length, 0);
});

test('a flood of causes is not kept', async () => {
  const { schedule, ran } = scheduleOf(1, 10, 1);
  for (let index = 0; index < 10_000; index++) schedule.ask(`cause ${index}`);
  await schedule.idle();
  assert.equal(ran[0]?.causes.length, 50);
});
