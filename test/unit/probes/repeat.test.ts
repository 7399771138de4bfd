import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { Probing } from '../../../src/probes/probing.ts';
import { type Finding, repeat } from '../../../src/probes/repeat.ts';

interface Played {
  readonly results: unknown[];
  readonly begun: number[];
  readonly cancelled: number[];
  readonly pass: (seconds: number) => void;
  readonly stop: () => void;
}

/** Repeats probes that end as `play` says, with timers of our own. */
const start = (
  t: { after: (end: () => void) => void },
  interval: number,
  timeout: number,
  play: (number: number, done: (finding: Finding) => void) => void = () => undefined,
): Played => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] });
  t.after(() => mock.timers.reset());
  const results: unknown[] = [];
  const begun: number[] = [];
  const cancelled: number[] = [];
  const probing = {
    order: { interval, timeout },
    onResult: ({ rtt, cause }: { rtt?: number; cause?: string }) => results.push(rtt ?? cause ?? 'silence'),
    onUnknown: (reason: string) => results.push(`unknown: ${reason}`),
  } as unknown as Probing;
  const { stop } = repeat(probing, (done) => {
    const number = begun.length;
    begun.push(number);
    play(number, done);
    return () => cancelled.push(number);
  });
  const pass = (seconds: number): void => {
    for (let step = 0; step < Math.round(seconds * 20); step += 1) mock.timers.tick(50);
  };
  return { results, begun, cancelled, pass, stop };
};

test('a silent target fails once an interval: five times within 3.5 seconds by the defaults', (t) => {
  const { results, pass } = start(t, 0.5, 1);
  pass(3.1);
  assert.deepEqual(results, Array(5).fill('silence'));
});

test('at most four probes wait at a time, however long they may', (t) => {
  const { begun, pass } = start(t, 0.1, 60);
  pass(10);
  assert.equal(begun.length, 4);
});

test('an answer ends its probe and none of the others', (t) => {
  const { results, cancelled, pass } = start(t, 0.5, 1, (number, done) => {
    if (number === 1) setTimeout(done, 100, { rtt: 100 });
  });
  pass(0.7);
  assert.deepEqual([results, cancelled], [[100], [1]]);
});

test('a fault of our own is told from the second in a row on', (t) => {
  const { results, pass } = start(t, 0.5, 1, (_number, done) =>
    setTimeout(done, 50, { unknown: 'no socat' }),
  );
  pass(0.3);
  assert.deepEqual(results, []);
  pass(0.5);
  assert.deepEqual(results, ['unknown: no socat']);
});

test('nothing is told or begun after the stop, and what waits is cancelled', (t) => {
  const { results, begun, cancelled, pass, stop } = start(t, 0.5, 1);
  pass(0.6);
  stop();
  pass(5);
  assert.deepEqual([results, begun, cancelled], [[], [0, 1], [0, 1]]);
});
