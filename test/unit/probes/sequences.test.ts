import assert from 'node:assert/strict';
import { mock, type TestContext, test } from 'node:test';
import type { ProbeResult } from '../../../src/health/result.ts';
import type { PingEvent } from '../../../src/probes/ping-text.ts';
import { followSequences, type Sequences } from '../../../src/probes/sequences.ts';

type Outcome = Omit<ProbeResult, 'target'>;

/** Sequences with these times, and what they told: round trips, and causes or `lost`. */
const follow = (t: TestContext, interval: number, timeout: number) => {
  mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] });
  t.after(() => mock.timers.reset());
  const results: Outcome[] = [];
  const sequences: Sequences = followSequences({ interval, timeout }, (result) => results.push(result));
  return {
    results,
    sequences,
    answer: (sequence: number, rtt = 20, now = 100) => sequences.take({ kind: 'answer', sequence, rtt }, now),
    missing: (sequence: number, now = 100) => sequences.take({ kind: 'missing', sequence }, now),
    told: () => results.map(({ rtt, cause }) => rtt ?? cause ?? 'lost'),
    wait: (milliseconds: number) => {
      mock.timers.tick(milliseconds);
      mock.timers.tick(0);
    },
  };
};

test('an answer is told with ping’s round trip, and when it was sent', (t) => {
  const { answer, results } = follow(t, 0.5, 1);
  answer(1, 20, 100);
  assert.deepEqual(results, [{ sent: 99.98, at: 100, rtt: 20 }]);
});

test('what has no answer fails when the timeout is over, not before', (t) => {
  const { missing, wait, results } = follow(t, 0.5, 1);
  missing(1, 100);
  wait(499);
  assert.equal(results.length, 0);
  wait(1);
  assert.equal(results.length, 1);
  assert.equal(results[0]?.sent, 99.5);
});

test('with a timeout that is no longer than the interval it fails at once', (t) => {
  const { missing, results } = follow(t, 1, 0.4);
  missing(1, 100);
  assert.deepEqual(results, [{ sent: 99, at: 100 }]);
});

test('an answer after the next probe, but in time, counts; one after the failure does not', (t) => {
  const { missing, answer, wait, told } = follow(t, 0.5, 1);
  missing(1);
  wait(300);
  answer(1, 800);
  missing(2);
  wait(500);
  answer(2, 1100);
  missing(2);
  assert.deepEqual(told(), [800, 'lost']);
});

test('an answer later than the timeout is a failure where the interval is longer', (t) => {
  const { answer, told } = follow(t, 2, 1);
  answer(1, 1500);
  answer(2, 900);
  assert.deepEqual(told(), ['lost', 900]);
});

test('a clock that was set neither makes an answer late nor its round trip long', (t) => {
  const { answer, missing, told } = follow(t, 0.5, 1);
  answer(1, 3_600_000);
  missing(2);
  answer(2, 3_600_000);
  assert.deepEqual(told(), [500, 1000]);
});

test('an answer fails those sent before it, in their order', (t) => {
  const { answer, missing, wait, told, results } = follow(t, 0.2, 1);
  missing(1, 100);
  missing(2, 100.2);
  answer(3, 20, 100.3);
  wait(1000);
  assert.deepEqual(told(), ['lost', 'lost', 20]);
  const sent = results.map((result) => result.sent);
  assert.deepEqual(
    [...sent].sort((a, b) => a - b),
    sent,
  );
});

test('a refusal fails at once with its cause, and only once', (t) => {
  const { sequences, missing, wait, told } = follow(t, 0.5, 1);
  const refused: PingEvent = { kind: 'refused', sequence: 1, cause: 'Destination Host Unreachable' };
  sequences.take(refused, 100);
  sequences.take(refused, 100);
  missing(1);
  wait(1000);
  assert.deepEqual(told(), ['Destination Host Unreachable']);
});

test('after 65535 numbers begin again, and an old failure does not hide a new answer', (t) => {
  const { missing, answer, told } = follow(t, 0.5, 0.5);
  missing(7);
  missing(65535);
  for (const sequence of [0, 7, 65535]) answer(sequence);
  assert.deepEqual(told(), ['lost', 'lost', 20, 20, 20]);
});

test('what was open when ping ended has not failed, and the numbers of the next are others', (t) => {
  const { sequences, missing, answer, wait, told } = follow(t, 0.5, 1);
  missing(1);
  wait(500);
  missing(2);
  sequences.forget();
  wait(2000);
  answer(1);
  assert.deepEqual(told(), ['lost', 20]);
});

test('hours of failures are not all remembered', (t) => {
  const { missing, answer, told } = follow(t, 0.5, 0.5);
  for (let sequence = 1; sequence <= 1000; sequence += 1) missing(sequence);
  answer(1000);
  answer(1);
  assert.equal(told().length, 1001);
});
