import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseRoutes,
  renderRoute,
  renderRouteKey,
  routeKey,
  routesEqual,
} from '../../../src/kernel/route.ts';
import type { Link, Route } from '../../../src/model.ts';

const link = (device: string, up: boolean): Link => ({
  index: 1,
  device,
  up,
  carrier: false,
  noArp: false,
  mtu: 1500,
  addresses: [],
});

const LINKS = [link('eth1', true), link('eth2', false)];

/** The first route of what `ip` answered, which must have one. */
const parse = (...entries: readonly unknown[]): Route => {
  const [route] = parseRoutes(entries, 4, LINKS);
  assert.ok(route !== undefined, JSON.stringify(entries));
  return route;
};

/** What `ip -j -d -N` prints for a route, and the arguments that would add that route. */
const RENDERED: readonly (readonly [json: unknown, text: string])[] = [
  [
    { dst: 'default', gateway: '192.0.2.1', dev: 'eth1' },
    'default table 254 protocol 3 scope global via 192.0.2.1 dev eth1',
  ],
  [
    {
      type: '1',
      dst: '10.1.0.0/16',
      dev: 'eth1',
      table: '7701',
      protocol: '77',
      scope: '253',
      metric: 5,
      flags: [],
    },
    '10.1.0.0/16 table 7701 protocol 77 metric 5 scope link dev eth1',
  ],
  [
    { type: '1', dst: '10.1.0.0/16', tos: '0x10', dev: 'eth1', protocol: '4', scope: '200' },
    '10.1.0.0/16 table 254 protocol 4 tos 0x10 scope site dev eth1',
  ],
  [{ dst: '10.1.0.0/16', dev: 'eth1', scope: '254' }, '10.1.0.0/16 table 254 protocol 3 scope host dev eth1'],
  [{ dst: '10.1.0.0/16', dev: 'eth1', scope: '7' }, '10.1.0.0/16 table 254 protocol 3 scope 7 dev eth1'],
  [{ type: '6', dst: '10.1.0.0/16' }, 'blackhole 10.1.0.0/16 table 254 protocol 3 scope global'],
  [
    { type: '7', dst: 'default', metric: 9 },
    'unreachable default table 254 protocol 3 metric 9 scope global',
  ],
  [{ type: '8', dst: '10.1.0.1' }, 'prohibit 10.1.0.1 table 254 protocol 3 scope global'],
  [{ type: '9', dst: '10.1.0.1' }, 'throw 10.1.0.1 table 254 protocol 3 scope global'],
  [
    {
      dst: '10.1.0.0/16',
      dev: 'eth1',
      prefsrc: '192.0.2.2',
      metrics: [{ mtu: 1400, advmss: 1360, rtt: 'x', lock: 2 }],
    },
    '10.1.0.0/16 table 254 protocol 3 scope global src 192.0.2.2 mtu 1400 advmss 1360 dev eth1',
  ],
  [
    { dst: '10.1.0.0/16', gateway: '10.9.9.9', dev: 'eth1', flags: ['onlink', 'linkdown'] },
    '10.1.0.0/16 table 254 protocol 3 scope global via 10.9.9.9 dev eth1 onlink',
  ],
  [
    { dst: '10.1.0.0/16', via: { family: 'inet6', host: 'fe80::1' }, dev: 'eth1' },
    '10.1.0.0/16 table 254 protocol 3 scope global via inet6 fe80::1 dev eth1',
  ],
  [
    {
      dst: 'default',
      nexthops: [
        { dev: 'ppp0', weight: 2, flags: [] },
        { gateway: '192.0.2.1', dev: 'eth1', weight: 1 },
      ],
    },
    'default table 254 protocol 3 scope global nexthop dev ppp0 weight 2 nexthop via 192.0.2.1 dev eth1 weight 1',
  ],
];

test('a route is read and written again with everything that makes it', () => {
  for (const [json, text] of RENDERED) assert.equal(renderRoute(parse(json)), text);
});

test('local, broadcast and other types that are the kernels own are left out', () => {
  const types = ['0', '2', '3', '4', '5', '10', '11', 'unicast'];
  assert.deepEqual(
    parseRoutes(
      types.map((type) => ({ type, dst: '10.0.0.1', dev: 'lo' })),
      4,
      [],
    ),
    [],
  );
  assert.deepEqual(parseRoutes([{ type: '1' }], 4, []), []);
});

test('a nexthop is dead when its device is down, not when it only waits for its carrier', () => {
  const dead = (dev: string, ...flags: readonly string[]): boolean | undefined =>
    parse({ dst: 'default', dev, flags }).nexthops[0]?.dead;
  assert.equal(dead('eth1'), false);
  assert.equal(dead('eth1', 'linkdown'), false);
  assert.equal(dead('eth1', 'dead', 'linkdown'), false);
  assert.equal(dead('eth2', 'dead', 'linkdown'), true);
  assert.equal(dead('eth1', 'dead'), true);
  assert.equal(dead('eth9', 'dead', 'linkdown'), true);
});

test('a key is what the kernel tells routes apart by', () => {
  const base = { dst: '10.1.0.0/16', dev: 'eth1', table: '7701', protocol: '77' };
  const key = (json: object): string => routeKey(parse({ ...base, ...json }));
  assert.equal(key({}), '4 7701 10.1.0.0/16 0 0');
  for (const json of [
    { dev: 'eth2' },
    { protocol: '3' },
    { type: '6' },
    { scope: '253' },
    { prefsrc: '10.0.0.1' },
  ])
    assert.equal(key(json), key({}), JSON.stringify(json));
  for (const json of [{ dst: '10.1.0.0/17' }, { table: '7702' }, { tos: '0x4' }, { metric: 1 }])
    assert.notEqual(key(json), key({}), JSON.stringify(json));
});

test('two routes are equal when everything that we write is, and none is dead', () => {
  const base = { dst: '10.1.0.0/16', dev: 'eth1', gateway: '10.0.0.1', protocol: '77', prefsrc: '10.0.0.2' };
  assert.ok(routesEqual(parse(base), parse({ ...base, flags: ['linkdown'] })));
  const others: readonly object[] = [
    { dev: 'eth2' },
    { gateway: '10.0.0.9' },
    { protocol: '3' },
    { prefsrc: '10.0.0.3' },
    { scope: '253' },
    { type: '9' },
    { flags: ['onlink'] },
    { flags: ['dead'] },
    { metrics: [{ mtu: 1400 }] },
  ];
  for (const other of others)
    assert.ok(!routesEqual(parse(base), parse({ ...base, ...other })), JSON.stringify(other));
});

test('a delete names the key and the protocol, nothing that may have changed meanwhile', () => {
  const route = {
    dst: 'default',
    gateway: '192.0.2.1',
    dev: 'eth1',
    table: '7701',
    protocol: '77',
    metric: 1,
  };
  assert.equal(renderRouteKey(parse(route)), 'default table 7701 protocol 77 metric 1');
  assert.equal(
    renderRouteKey(parse({ type: '6', dst: '10.0.0.0/8', protocol: '77', tos: '0x10' })),
    'blackhole 10.0.0.0/8 table 254 protocol 77 tos 0x10',
  );
});
