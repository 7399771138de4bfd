import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, NftChange } from '../../../src/model.ts';
import { summarize } from '../../../src/report/summary.ts';
import { sampleRoute, sampleRule } from '../../helpers/samples.ts';

const route = (op: 'add' | 'replace' | 'delete'): Change => ({ kind: 'route', op, route: sampleRoute() });
const rule = (op: 'add' | 'delete'): Change => ({ kind: 'rule', op, rule: sampleRule() });
const nft = (op: NftChange['op']): Change => ({ kind: 'nft', op, lines: [] });

test('what changed is counted by what it is and what was done, in the order of doing', () => {
  const table: readonly (readonly [changes: readonly Change[], text: string])[] = [
    [[], 'nothing'],
    [[route('add')], '1 route added'],
    [
      [route('add'), route('add'), route('replace'), rule('delete'), route('delete'), rule('delete')],
      '2 routes added, 1 route replaced, 2 rules deleted, 1 route deleted',
    ],
    [[nft('prepare'), nft('load'), nft('clean'), rule('add')], 'ruleset loaded, 1 rule added'],
    [[route('add'), nft('update')], '1 route added, shares updated'],
    [[nft('delete')], 'ruleset deleted'],
    [
      [{ kind: 'sysctl', op: 'write', sysctl: { device: 'eth1', key: 'rp_filter', value: 2 } }, rule('add')],
      '1 sysctl written, 1 rule added',
    ],
  ];
  for (const [changes, text] of table) assert.equal(summarize(changes), text);
});
