import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addToWindow, NO_RESULTS, resultsSince, type Window } from '../../../src/health/window.ts';

/** A window of 30 s after one result every half second; undefined is a failure. */
const windowOf = (...results: readonly (number | undefined)[]): Window =>
  results.reduce<Window>((window, rtt, place) => addToWindow(window, place / 2, rtt, 30), NO_RESULTS);

test('loss, mean round trip and jitter are those of the results', () => {
  const table: readonly (readonly [
    results: readonly (number | undefined)[],
    loss: number | null,
    rtt: number | null,
    jitter: number | null,
  ])[] = [
    [[], null, null, null],
    [[undefined], 1, null, null],
    [[10], 0, 10, null],
    [[10, 20], 0, 15, 10],
    [[10, 20, 10, 40], 0, 20, 50 / 3],
    [[10, undefined, 30, undefined], 0.5, 20, 20],
  ];
  for (const [results, loss, rtt, jitter] of table) {
    const summary = windowOf(...results).summary;
    assert.deepEqual([summary.loss, summary.rtt, summary.jitter], [loss, rtt, jitter], String(results));
    assert.equal(summary.asked, results.length);
  }
});

test('what is older than the window is forgotten', () => {
  const old = windowOf(...Array<undefined>(20).fill(undefined));
  const window = Array.from({ length: 60 }, (_, place) => 10 + place / 2).reduce(
    (before, at) => addToWindow(before, at, 10, 30),
    old,
  );
  assert.equal(window.summary.loss, 0);
  assert.equal(resultsSince(window, 39.5).summary.asked, 1);
  assert.equal(resultsSince(window, 40).summary.asked, 0);
});

test('a window holds a bounded number of slices, however many results come', () => {
  let window = NO_RESULTS;
  for (let place = 0; place < 4000; place += 1) window = addToWindow(window, place / 100, 10, 30);
  assert.ok(window.slices.length <= 61, `${window.slices.length} slices`);
  assert.ok(Math.abs(window.summary.asked - 3000) <= 50, `${window.summary.asked} results`);
});

test('a result has its place by when its probe was sent, and after an hour without any it is alone', () => {
  const window = addToWindow(windowOf(10, 10, 10, 10), 0.2, undefined, 30);
  assert.equal(window.summary.asked, 5);
  assert.equal(resultsSince(window, 0.5).summary.loss, 0);
  assert.equal(addToWindow(window, 3600, 10, 30).summary.asked, 1);
});
