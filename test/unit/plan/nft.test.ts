import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planNft } from '../../../src/plan/nft.ts';

const RULESET = { build: 'aa', living: [1, 2] };
const LOAD = [
  { kind: 'nft', op: 'prepare', ruleset: RULESET, lines: [] },
  { kind: 'nft', op: 'load', ruleset: RULESET, lines: [] },
  { kind: 'nft', op: 'clean', ruleset: RULESET, lines: [] },
];

test('the ruleset that is loaded already needs nothing', () => {
  assert.deepEqual(planNft(RULESET, { loaded: RULESET }), []);
  assert.deepEqual(planNft(undefined, { objects: [] }), []);
  assert.deepEqual(planNft(undefined, {}), []);
});

test('other working uplinks are one update', () => {
  for (const living of [[], [1], [2, 3], [1, 2, 3]])
    assert.deepEqual(planNft(RULESET, { loaded: { build: 'aa', living } }), [
      { kind: 'nft', op: 'update', ruleset: RULESET, lines: [] },
    ]);
});

test('no table, an unfinished one and one of another configuration are loaded anew', () => {
  assert.deepEqual(planNft(RULESET, { objects: [] }), LOAD);
  assert.deepEqual(planNft(RULESET, { objects: [{ kind: 'chain', name: 'fresh', rules: 1 }] }), LOAD);
  assert.deepEqual(planNft(RULESET, { loaded: { build: 'bb', living: [1, 2] } }), LOAD);
});

test('a table that is not wanted is deleted, whatever is in it', () => {
  const deletion = [{ kind: 'nft', op: 'delete', lines: [] }];
  assert.deepEqual(planNft(undefined, { loaded: RULESET }), deletion);
  assert.deepEqual(planNft(undefined, { objects: [{ kind: 'counter', name: 'out_1' }] }), deletion);
});
