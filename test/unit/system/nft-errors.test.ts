import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, NftChange, Runner } from '../../../src/model.ts';
import { applyChanges, describeChangeFailure } from '../../../src/system/apply.ts';
import { parseNftErrors } from '../../../src/system/nft-errors.ts';

/** What `nft -f -` of nft 1.0.6 said: a refusal of the kernel, and one of nft itself. */
const KERNEL_SAID = `/dev/stdin:2:1-76: Error: Could not process rule: No such file or directory
add ct helper inet mlb_hooks h2 { type "ftp" protocol tcp; l3proto ip; }
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
`;
const NFT_SAID = `/dev/stdin:3:44-67: Error: String exceeds maximum length of 16
add rule inet mlb_hooks prerouting iifname "averyveryverylongname0" accept
                                           ^^^^^^^^^^^^^^^^^^^^^^^^
`;

test('a refused line is told with what was said about it', () => {
  assert.deepEqual(parseNftErrors(KERNEL_SAID + NFT_SAID), [
    { line: 2, message: 'Could not process rule: No such file or directory' },
    { line: 3, message: 'String exceeds maximum length of 16' },
  ]);
  assert.deepEqual(parseNftErrors('netlink: Error: cache initialization failed: Invalid argument\n'), []);
  assert.deepEqual(parseNftErrors(''), []);
});

test('of many only the first are told, and none moves the cursor', () => {
  const many = Array.from({ length: 50 }, (_, line) => `/dev/stdin:${line + 1}:1-1: Error: \u001b[2Jx`);
  const errors = parseNftErrors(many.join('\n'));
  assert.equal(errors.length, 10);
  assert.deepEqual(errors[9], { line: 10, message: '[2Jx' });
});

const nft = (op: NftChange['op']): NftChange => ({
  kind: 'nft',
  op,
  lines: [{ text: 'add' }, { text: 'add ct helper', about: 'helper "ftp"' }, { text: 'add rule' }],
});
const PLAN: readonly Change[] = [nft('prepare'), nft('load'), nft('clean')];

/** Refuses the transaction of this number, and counts. */
const refusing = (number: number, stderr: string): { run: Runner; calls: () => number } => {
  let calls = 0;
  const run: Runner = () => {
    calls += 1;
    return calls === number ? { status: 1, stdout: '', stderr } : { status: 0, stdout: '', stderr: '' };
  };
  return { run, calls: () => calls };
};

test('what was refused is named as the operator calls it, else by its transaction', async () => {
  const said = async (stderr: string): Promise<string[]> =>
    (await applyChanges([nft('load')], refusing(1, stderr).run)).failures.map(describeChangeFailure);
  assert.deepEqual(await said(KERNEL_SAID + NFT_SAID), [
    'helper "ftp": nft: Could not process rule: No such file or directory; the ruleset stays as it was',
    'nft table inet mlb_hooks (load): String exceeds maximum length of 16; the ruleset stays as it was',
  ]);
  assert.deepEqual(await said('Operation not permitted (you must be root)\n'), [
    'nft table inet mlb_hooks (load): nft -f -: Operation not permitted (you must be root); run this as root; the ruleset stays as it was',
  ]);
});

test('after a refused transaction those that build on it are not tried', async () => {
  const first = refusing(1, NFT_SAID);
  const applied = await applyChanges(PLAN, first.run);
  assert.equal(first.calls(), 1);
  assert.deepEqual(
    applied.failures.map(({ change }) => change),
    PLAN.slice(0, 1),
  );
  assert.deepEqual(applied.skipped, PLAN.slice(1));
  const second = refusing(2, NFT_SAID);
  assert.deepEqual((await applyChanges(PLAN, second.run)).skipped, PLAN.slice(2));
});

test('a table that is gone already needs no deleting', async () => {
  const stderr = '/dev/stdin:1:19-27: Error: Could not process rule: No such file or directory\n';
  const { failures } = await applyChanges([nft('delete')], refusing(1, stderr).run);
  assert.deepEqual(failures, []);
});
