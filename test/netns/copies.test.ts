import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Router, routerFor, skip, upHook, variant } from './router.ts';

/** Routes of main in every shape, none by an uplink. */
const MAIN = [
  'blackhole 172.16.1.0/24',
  'unreachable 172.16.2.0/24 metric 7',
  'prohibit 172.16.3.0/24',
  '172.16.4.0/24 via 192.168.7.10 dev lan0 mtu 1400 advmss 1300',
  '172.16.5.0/24 via 192.168.7.10 dev lan0 tos 0x10',
  '172.16.6.0/24 nexthop via 192.168.7.10 dev lan0 weight 3 nexthop via 192.168.7.11 dev lan0 weight 1',
  '172.16.7.0/24 dev lan0 scope link',
  '172.16.8.0/24 via 192.168.7.10 dev lan0 src 192.168.7.1 metric 5',
  '172.16.8.0/24 via 192.168.7.11 dev lan0 metric 6',
  '172.16.9.0/24 via 198.51.100.1 dev lan0 onlink',
  '172.16.10.1 via 192.168.7.10 dev lan0 proto 186',
];

/** Routes of main that must not be copied. */
const NOT_COPIED = [
  'default via 192.168.7.10 dev lan0 metric 4000',
  'throw 172.17.1.0/24',
  '172.17.2.0/24 via 10.64.2.1 dev w2',
];

const add = (router: Router, routes: readonly string[]): void => {
  router.sh(routes.map((route) => `ip route add ${route}`).join('\n'));
};

/** The routes below a prefix in a table, as `ip` prints them, without where they stand and whose they are. */
const routesOf = (router: Router, table: string, prefix = '172.16.0.0/15'): string =>
  router
    .sh(`ip -N route show table ${table} root ${prefix}`)
    .replaceAll(/ proto [0-9]+/g, '')
    .replaceAll(/ +$/gm, '');

const TABLES = ['7701', '7702', '7703'];

test('every table gets copies of all of main but defaults, throws and routes by other uplinks', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  add(router, MAIN);
  const expected = routesOf(router, 'main');
  assert.equal(expected.match(/^\S*\s?172/gm)?.length, MAIN.length);
  add(router, NOT_COPIED);
  assert.equal(router.mlb('apply').status, 0);
  for (const table of ['7701', '7702']) assert.equal(routesOf(router, table), expected, table);
  const own = router.sh('ip route show table 7703 172.17.2.0/24');
  assert.match(
    own,
    /^172\.17\.2\.0\/24 via 10\.64\.2\.1 dev w2/,
    'the route by w2 is copied to the table of w2',
  );
  assert.equal(router.mlb('plan').stdout, 'nothing to do\n');
});

test('any event brings the copies up to date, whichever device it is about', { skip }, async (t) => {
  const router = await routerFor(t);
  add(router, MAIN);
  upHook(router, 'w0');
  const first = routesOf(router, 'main');
  for (const table of TABLES) assert.equal(routesOf(router, table), first, table);
  router.sh(`
    ip route del blackhole 172.16.1.0/24
    ip route del 172.16.10.1
    ip route replace 172.16.4.0/24 via 192.168.7.11 dev lan0 mtu 1280
    ip route replace unreachable 172.16.2.0/24 metric 7 proto 186
    ip route replace 172.16.3.0/24 via 192.168.7.10 dev lan0
    ip route add 172.16.11.0/24 via 192.168.7.10`);
  upHook(router, 'w1');
  const second = routesOf(router, 'main');
  assert.notEqual(second, first);
  for (const table of TABLES) assert.equal(routesOf(router, table), second, table);
  assert.equal(router.mlb('plan').stdout, 'nothing to do\n');
});

test('a link of the LAN that goes down takes its copies with it, and an event brings them back', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  const connected = (table: string): string => routesOf(router, table, '192.168.7.0/24');
  const before = connected('7701');
  assert.match(before, /^192\.168\.7\.0\/24 dev lan0 scope 253 src 192\.168\.7\.1$/m);
  router.sh('ip link set lan0 down');
  upHook(router, 'w0');
  assert.equal(connected('7701'), '');
  router.sh('ip link set lan0 up');
  upHook(router, 'w0');
  assert.equal(connected('7701'), before);
});

test('main-routes = "rule" copies nothing, and takes away what was copied', { skip }, async (t) => {
  const router = await routerFor(t);
  add(router, MAIN);
  router.mlb('apply');
  assert.notEqual(routesOf(router, '7701'), '');
  router.configure(`[settings]\nmain-routes = "rule"\n${variant()}`);
  assert.equal(router.mlb('apply').status, 0);
  for (const table of TABLES) assert.equal(routesOf(router, table), '', table);
  assert.match(router.sh('ip route show table 7701'), /^default .*\n10\.64\.0\.1 dev w0 /);
  assert.match(
    router.sh('ip route get 172.16.4.1 from 10.64.0.10'),
    / via 192\.168\.7\.10 dev lan0 table main| via 192\.168\.7\.10 dev lan0/,
  );
});

test('five thousand routes are copied by one event', {
  skip,
}, async (t) => {
  const router = await routerFor(t);
  const lines = Array.from(
    { length: 5000 },
    (_, n) => `route add 172.16.${n >> 8}.${n & 255} via 192.168.7.10`,
  );
  router.sh('ip -batch -', `${lines.join('\n')}\n`);
  assert.equal(upHook(router, 'w0').status, 0);
  for (const table of TABLES)
    assert.equal(router.sh(`ip route show table ${table} root 172.16.0.0/16 | wc -l`).trim(), '5000', table);
});
