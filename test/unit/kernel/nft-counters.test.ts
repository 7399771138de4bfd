import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseCounters } from '../../../src/kernel/nft-counters.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/nft-1.0.6/${name}.json`, import.meta.url), 'utf8'));

test('counters are read by name, and what is no counter is passed over', () => {
  const { nftables } = read('counters') as { nftables: unknown[] };
  assert.deepEqual(
    [...parseCounters(nftables)],
    [
      ['out_1', 1204],
      ['in_1', 0],
      ['policy_mail-out', 3_000_000_000],
    ],
  );
});

test('a table without counters has none', () => {
  assert.deepEqual([...parseCounters([])], []);
  assert.deepEqual([...parseCounters([{ metainfo: { version: '1.0.6' } }, { counter: {} }])], []);
});
