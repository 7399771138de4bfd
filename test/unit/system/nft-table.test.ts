import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NftTable, Runner, ToolResult } from '../../../src/model.ts';
import { confirmRuleset, readNftTable, type Unread } from '../../../src/system/nft-table.ts';

const RULESET = { build: 'ab', living: [2] };
const ABSENT = 'Error: No such file or directory\nlist table inet mlb_hooks\n                ^^^^^^^^^\n';
const NOT_ROOT = 'Operation not permitted (you must be root)\n';

const answering =
  (result: Partial<ToolResult>): Runner =>
  () => ({ status: 0, stdout: '', stderr: '', ...result });

const read = async (result: Partial<ToolResult>): Promise<[NftTable | undefined, Unread[]]> => {
  const failures: Unread[] = [];
  const table = await readNftTable(answering(result), (failure) => failures.push(failure));
  return [table, failures];
};

test('the table is read, and no table is one without objects', async () => {
  const stdout = '{"nftables": [{"counter": {"name": "loaded_ab_4"}}]}';
  assert.deepEqual(await read({ stdout }), [
    { objects: [{ kind: 'counter', name: 'loaded_ab_4' }], loaded: RULESET },
    [],
  ]);
  assert.deepEqual(await read({ status: 1, stderr: ABSENT }), [{ objects: [] }, []]);
});

test('what cannot be read is undefined, with the reason', async () => {
  const list = 'nft -j -t list table inet mlb_hooks';
  const [table, failures] = await read({ status: 1, stderr: NOT_ROOT });
  assert.equal(table, undefined);
  assert.deepEqual(failures, [
    { message: `${list}: Operation not permitted (you must be root); run this as root`, missing: false },
  ]);
  const [, [missing]] = await read({ status: null, errorCode: 'ENOENT' });
  assert.equal(missing?.missing, true);
  assert.match(missing?.message ?? '', /install the Debian package nftables$/);
  const [, [broken]] = await read({ stdout: 'table inet mlb_hooks {' });
  assert.match(
    broken?.message ?? '',
    /^nft -j -t list table inet mlb_hooks: answered something that is no JSON/,
  );
});

test('a ruleset is confirmed by its marker; what cannot be asked is believed, and said', async () => {
  const asked: string[] = [];
  const run: Runner = (tool, args) => {
    asked.push([tool, ...args].join(' '));
    return { status: 0, stdout: '', stderr: '' };
  };
  assert.deepEqual(await confirmRuleset(RULESET, run), { loaded: true });
  assert.deepEqual(asked, ['nft list counter inet mlb_hooks loaded_ab_4']);
  assert.deepEqual(await confirmRuleset(RULESET, answering({ status: 1, stderr: ABSENT })), {
    loaded: false,
  });
  const unknown = await confirmRuleset(RULESET, answering({ status: null, errorCode: 'ENOENT' }));
  assert.equal(unknown.loaded, true);
  assert.match(unknown.problem ?? '', /^nft list counter .*: not found/);
});
