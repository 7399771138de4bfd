import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dueRefusals,
  findRefused,
  forgetRefused,
  type Refused,
  refusalHolds,
  refusedTwice,
  rememberRefused,
} from '../../../src/events/refused.ts';
import type { Change, Link, Memory } from '../../../src/model.ts';
import { NO_MEMORY, sampleConfig, sampleLink, sampleRoute } from '../../helpers/samples.ts';

const REFUSED: Refused = {
  id: '1',
  device: 'eth1',
  gateway: '192.0.2.1',
  cause: 'Nexthop has invalid gateway',
};

const MEMORY: Memory = { ...NO_MEMORY, uplinks: { 1: { device: 'eth1' }, 2: { device: 'eth2' } } };

const REMEMBERED = rememberRefused(MEMORY, [REFUSED], [sampleLink()], 100);

test('what the kernel says of the gateway of an own default is told from everything else', async () => {
  const config = await sampleConfig('id = 1\nname = "cable"\ndevice = "eth1"');
  const found = (
    cause: string,
    fields: Parameters<typeof sampleRoute>[0] = {},
    op: 'add' | 'delete' = 'add',
  ) => {
    const change: Change = { kind: 'route', op, route: sampleRoute(fields) };
    return findRefused([{ change, cause }], config);
  };
  assert.deepEqual(found('Nexthop has invalid gateway.'), [REFUSED]);
  assert.deepEqual(found('Network is unreachable')[0]?.cause, 'Network is unreachable');
  assert.deepEqual(found('Device for nexthop is not up.'), []);
  assert.deepEqual(found('Nexthop has invalid gateway.', {}, 'delete'), []);
  assert.deepEqual(found('Nexthop has invalid gateway.', { table: 7700, metric: 10 }), []);
});

test('it is remembered with the link that it is about, and forgotten for one uplink or for all', () => {
  const refused = {
    gateway: '192.0.2.1',
    cause: 'Nexthop has invalid gateway',
    index: 11,
    addresses: ['192.0.2.2/24'],
    at: 100,
  };
  assert.deepEqual(REMEMBERED.uplinks, { 1: { device: 'eth1', refused }, 2: { device: 'eth2' } });
  assert.deepEqual(forgetRefused(REMEMBERED, ['2']), REMEMBERED);
  assert.deepEqual(forgetRefused(REMEMBERED, ['1']), MEMORY);
  assert.deepEqual(forgetRefused(REMEMBERED), MEMORY);
});

test('of no known uplink, and of no link, nothing is remembered', () => {
  assert.deepEqual(rememberRefused(MEMORY, [{ ...REFUSED, id: '3' }], [sampleLink()], 100), MEMORY);
  assert.deepEqual(rememberRefused(MEMORY, [REFUSED], [], 100), MEMORY);
});

/** The link of that refusal, as it may be later. */
const CHANGED: readonly [string, Link | undefined][] = [
  ['gone', undefined],
  ['down', sampleLink({ up: false })],
  ['made anew', sampleLink({ index: 12 })],
  ['without address', sampleLink({ addresses: [] })],
  ['of another address', sampleLink({ addresses: [{ family: 4, address: '192.0.2.3', prefixLength: 24 }] })],
  ['of another prefix', sampleLink({ addresses: [{ family: 4, address: '192.0.2.2', prefixLength: 25 }] })],
];

test('it holds for the link as it was, carrier or not', () => {
  const refused = REMEMBERED.uplinks['1']?.refused;
  assert.ok(refused !== undefined);
  assert.equal(refusalHolds(refused, sampleLink({ carrier: false })), true);
  for (const [what, link] of CHANGED) assert.equal(refusalHolds(refused, link), false, what);
});

test('an old one that names no link holds while the device is up', () => {
  const old = { gateway: '192.0.2.1', cause: 'Nexthop has invalid gateway' };
  assert.equal(refusalHolds(old, sampleLink({ index: 12 })), true);
  assert.equal(refusalHolds(old, sampleLink({ up: false })), false);
});

test('a refusal counts when it comes again while the link is as it was', () => {
  const there = { refused: [REFUSED], links: [sampleLink()] };
  assert.deepEqual(refusedTwice(there, there), [REFUSED]);
  for (const [what, link] of CHANGED) {
    const other = { ...there, links: link === undefined ? [] : [link] };
    assert.deepEqual(refusedTwice(there, other), [], what);
  }
  assert.deepEqual(refusedTwice({ ...there, refused: [] }, there), []);
  assert.deepEqual(refusedTwice(there, { ...there, refused: [] }), []);
  const another = [{ ...REFUSED, gateway: '192.0.2.7' }];
  assert.deepEqual(refusedTwice({ ...there, refused: another }, there), []);
});

test('it is due after a minute, and at once where it is not known when it was tried', () => {
  assert.deepEqual(dueRefusals(REMEMBERED, 159), []);
  assert.deepEqual(dueRefusals(REMEMBERED, 160), ['1']);
  const old = { device: 'eth2', refused: { gateway: '192.0.2.1', cause: 'invalid' } };
  assert.deepEqual(dueRefusals({ ...MEMORY, uplinks: { 2: old } }, 5), ['2']);
  assert.deepEqual(dueRefusals(MEMORY, 1000), []);
});
