import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markerOf, parseMarker } from '../../../src/ruleset/marker.ts';

test('a marker says what was loaded and for which working uplinks', () => {
  assert.equal(markerOf({ build: '0123abcd', living: [1, 4, 62] }), 'loaded_0123abcd_4000000000000012');
  assert.equal(markerOf({ build: '0123abcd', living: [] }), 'loaded_0123abcd_0');
});

test('what a marker says is read back', () => {
  for (const living of [[], [1], [62], [1, 2, 3], [7, 31, 32, 33]])
    assert.deepEqual(parseMarker(markerOf({ build: 'beef', living })), { build: 'beef', living });
});

test('lines without carrier are part of it where there are any', () => {
  const ruleset = { build: 'beef', living: [1, 2], unplugged: [2] };
  assert.equal(markerOf(ruleset), 'loaded_beef_6_4');
  assert.deepEqual(parseMarker('loaded_beef_6_4'), ruleset);
});

test('deferred lines are part of it where there are any', () => {
  const deferred = { build: 'beef', living: [1, 2], deferred: [1] };
  assert.equal(markerOf(deferred), 'loaded_beef_6_0_2');
  assert.deepEqual(parseMarker('loaded_beef_6_0_2'), deferred);
  assert.deepEqual(parseMarker('loaded_beef_6_4_2'), { ...deferred, unplugged: [2] });
});

test('no other counter is a marker', () => {
  for (const name of [
    'out_1',
    'policy_loaded_ab_1',
    'loaded_',
    'loaded_xyz_1',
    'loaded_ab_',
    'loaded_ab_11111111111111111',
    'loaded_ab_1_1_1_1',
  ])
    assert.equal(parseMarker(name), undefined, name);
});
