import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToolResult } from '../../../src/model.ts';
import { type CountersRead, readNftCounters } from '../../../src/system/nft-counters.ts';

const TABLE = { objects: [{ kind: 'counter', name: 'out_1' }] } as const;

const read = (result: Partial<ToolResult>, table: Parameters<typeof readNftCounters>[1] = TABLE) =>
  readNftCounters(() => ({ status: 0, stdout: '', stderr: '', ...result }), table);

const problemOf = ({ counters, problem }: CountersRead): string => {
  assert.equal(counters.size, 0);
  return problem ?? 'none';
};

test('counters are read with one nft process', async () => {
  const calls: string[] = [];
  const counters = await readNftCounters((tool, args) => {
    calls.push([tool, ...args].join(' '));
    return { status: 0, stdout: '{"nftables":[{"counter":{"name":"out_1","packets":7}}]}', stderr: '' };
  }, TABLE);
  assert.deepEqual(calls, ['nft -j list counters table inet mlb_hooks']);
  assert.deepEqual(counters, { counters: new Map([['out_1', 7]]) });
});

test('without a table it says so, and how to load it', async () => {
  const run = (): never => assert.fail('nothing to ask for');
  assert.equal(
    problemOf(await readNftCounters(run, { objects: [] })),
    'no table inet mlb_hooks: no connection is kept on its uplink or counted; "mlb-hooks apply" loads it',
  );
  assert.equal(
    problemOf(await readNftCounters(run, undefined)),
    'none',
    'who could not see the table said why',
  );
});

test('what goes wrong with nft is said in a line, and never thrown', async () => {
  const denied = { status: 1, stderr: 'Operation not permitted (you must be root)\nnetlink: Error: cache\n' };
  assert.match(
    problemOf(await read(denied)),
    /^nft -j list counters .*: Operation not permitted.*; run this as root$/,
  );
  assert.match(
    problemOf(await read({ stdout: 'JSON support not compiled-in' })),
    /answered something that is no JSON/,
  );
  assert.match(problemOf(await read({ stdout: '' })), /answered something that is no JSON/);
  assert.match(problemOf(await read({ status: null, errorCode: 'ETIMEDOUT' })), /gave no answer in time/);
});
