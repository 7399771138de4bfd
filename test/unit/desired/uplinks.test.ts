import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsLease } from '../../../src/desired/gateway.ts';
import { computeUplinks, vetoHolds } from '../../../src/desired/uplinks.ts';
import {
  NO_MEMORY,
  NOTHING,
  sampleConfig,
  sampleLink,
  sampleRoute,
  sampleUplink,
} from '../../helpers/samples.ts';

const AUTO = 'id = 1\nname = "cable"\ndevice = "eth1"';

test('a veto speaks of one device with one address', () => {
  const link = sampleLink();
  const table: readonly (readonly [index: number, address: string | undefined, holds: boolean])[] = [
    [11, '192.0.2.2', true],
    [11, undefined, true],
    [12, '192.0.2.2', false],
    [12, undefined, false],
    [11, '192.0.2.9', false],
  ];
  for (const [index, address, holds] of table)
    assert.equal(vetoHolds({ index, ...(address === undefined ? {} : { address }) }, link), holds);
  assert.ok(vetoHolds({ index: 11, address: '192.0.2.9' }, sampleLink({ addresses: [] })));
});

test('a veto that was for another device of the same uplink does not hold', async () => {
  const config = await sampleConfig(`${AUTO}\ngateway = "192.0.2.1"`);
  const observed = { ...NOTHING, links: [sampleLink()] };
  const veto = { index: 11 };
  const status = (device: string) =>
    computeUplinks(config, observed, { ...NO_MEMORY, uplinks: { 1: { device, veto } } })[0]?.status;
  assert.equal(status('eth1'), 'vetoed');
  assert.equal(status('eth2'), 'up');
});

test('words come before carrier, and disabled before a veto before draining', async () => {
  const config = await sampleConfig(`${AUTO}\ngateway = "192.0.2.1"`);
  const table = [
    ['disabled', undefined, true, 'disabled', 'dead'],
    ['disabled', { index: 11 }, false, 'disabled', 'dead'],
    ['draining', { index: 11 }, true, 'vetoed', 'dead'],
    ['draining', undefined, true, 'draining', 'draining'],
    ['draining', undefined, false, 'draining', 'draining'],
  ] as const;
  for (const [word, veto, carrier, status, use] of table) {
    const memory = { device: 'eth1', word, ...(veto === undefined ? {} : { veto }) };
    const observed = { ...NOTHING, links: [sampleLink({ carrier })] };
    const [state] = computeUplinks(config, observed, { ...NO_MEMORY, uplinks: { 1: memory } });
    assert.deepEqual([state?.status, state?.use], [status, use], `${word} ${carrier}`);
    if (status !== 'vetoed') assert.match(state?.reason ?? '', /back with: mlb-hooks enable cable$/);
  }
});

test('a word makes no device appear', async () => {
  const config = await sampleConfig(AUTO);
  const memory = { ...NO_MEMORY, uplinks: { 1: { device: 'eth1', word: 'draining' as const } } };
  assert.equal(computeUplinks(config, NOTHING, memory)[0]?.status, 'absent');
});

test('a dead nexthop of mains default teaches no gateway', async () => {
  const config = await sampleConfig(AUTO);
  const way = (dead: boolean) => {
    const nexthops = [{ gateway: '192.0.2.1', device: 'eth1', weight: 1, onlink: false, dead }];
    const routes = [sampleRoute({ table: 254, nexthops })];
    return computeUplinks(config, { ...NOTHING, links: [sampleLink()], routes }, NO_MEMORY)[0]?.gatewaySource;
  };
  assert.equal(way(false), 'main');
  assert.equal(way(true), undefined);
});

test('only our own default in our own table is a kept gateway', async () => {
  const config = await sampleConfig(AUTO);
  const source = (fields: Parameters<typeof sampleRoute>[0]) => {
    const observed = { ...NOTHING, links: [sampleLink()], routes: [sampleRoute(fields)] };
    return computeUplinks(config, observed, NO_MEMORY)[0]?.gatewaySource;
  };
  assert.equal(source({}), 'kept');
  assert.equal(source({ metric: 1_000_000 }), 'kept');
  for (const fields of [{ metric: 10 }, { protocol: 3 }, { table: 7702 }, { destination: '10.0.0.0/8' }])
    assert.equal(source(fields), undefined, JSON.stringify(fields));
});

test('a lease is worth reading only when nothing better tells the gateway', () => {
  const link = sampleLink();
  assert.equal(needsLease(sampleUplink(), link, []), true);
  assert.equal(needsLease(sampleUplink(), link, [sampleRoute({ table: 254 })]), false);
  assert.equal(needsLease(sampleUplink({ gateway: '192.0.2.1' }), link, []), false);
  assert.equal(needsLease(sampleUplink(), sampleLink({ noArp: true }), []), false);
  assert.equal(needsLease(sampleUplink(), sampleLink({ addresses: [] }), []), false);
});
