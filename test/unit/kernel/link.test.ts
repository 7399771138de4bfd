import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLinks } from '../../../src/kernel/link.ts';

const ADDRESS = { family: 'inet', local: '192.0.2.2', prefixlen: 24, scope: '0' };

test('flags say whether a device is up, has a carrier and resolves addresses', () => {
  const table: readonly (readonly [flags: string, up: boolean, carrier: boolean, noArp: boolean])[] = [
    ['BROADCAST,MULTICAST,UP,LOWER_UP', true, true, false],
    ['NO-CARRIER,BROADCAST,MULTICAST,UP', true, false, false],
    ['NO-CARRIER,BROADCAST,UP,LOWER_UP', true, true, false],
    ['BROADCAST,MULTICAST', false, false, false],
    ['POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP', true, true, true],
    ['POINTOPOINT', false, false, true],
    ['NOARP', false, false, true],
    ['', false, false, false],
  ];
  for (const [flags, up, carrier, noArp] of table) {
    const [link] = parseLinks([{ ifindex: 3, ifname: 'eth1', flags: flags.split(','), mtu: 1492 }], []);
    assert.deepEqual(link, { index: 3, device: 'eth1', up, carrier, noArp, mtu: 1492, addresses: [] }, flags);
  }
});

test('addresses are those of the same device, by index, of family inet', () => {
  const links = parseLinks(
    [{ ifindex: 3, ifname: 'eth1' }, { ifindex: 4, ifname: 'eth2' }, { ifname: 'broken' }],
    [{ ifindex: 4, ifname: 'renamed', addr_info: [ADDRESS, { family: 'inet6', local: 'fe80::1' }, {}] }],
  );
  assert.deepEqual(
    links.map(({ device, addresses }) => [device, addresses.map(({ address }) => address)]),
    [
      ['eth1', []],
      ['eth2', ['192.0.2.2']],
    ],
  );
});

test('a point-to-point address has a peer, one of a subnet has none', () => {
  const addresses = (entry: object) =>
    parseLinks([{ ifindex: 3, ifname: 'ppp0' }], [{ ifindex: 3, addr_info: [entry] }])[0]?.addresses;
  const point = { family: 'inet', local: '10.64.0.10', address: '10.64.0.1', prefixlen: 32 };
  assert.deepEqual(addresses(point), [
    { family: 4, address: '10.64.0.10', prefixLength: 32, peer: '10.64.0.1' },
  ]);
  assert.deepEqual(addresses({ ...point, address: '10.64.0.10' }), [
    { family: 4, address: '10.64.0.10', prefixLength: 32 },
  ]);
});

test('addresses of host or link scope are none that others can answer to', () => {
  const counts = ['0', 'global', '200', 'site', '253', 'link', '254', 'host'].map(
    (scope) =>
      parseLinks([{ ifindex: 3, ifname: 'eth1' }], [{ ifindex: 3, addr_info: [{ ...ADDRESS, scope }] }])[0]
        ?.addresses.length,
  );
  assert.deepEqual(counts, [1, 1, 1, 1, 0, 0, 0, 0]);
});
