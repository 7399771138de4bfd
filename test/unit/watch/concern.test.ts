import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOfLink, makeConcern } from '../../../src/watch/concern.ts';
import { sampleConfig } from '../../helpers/samples.ts';

const concerns = makeConcern(
  await sampleConfig('id = 1\nname = "cable"\ndevice = "eth1"', 'id = 2\nname = "dsl"\ndevice = "ppp0"'),
);

const all = (lines: readonly string[], expected: boolean): void => {
  for (const line of lines) assert.equal(concerns(line), expected, line);
};

test('links and addresses of uplinks are of concern, also when they go', () => {
  all(
    [
      '3: eth1@eth1p: <NO-CARRIER,UP,M-DOWN> mtu 1500 qdisc noqueue state LOWERLAYERDOWN group 0 \\    link/[1] 02:00',
      '3: eth1: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state UP group 0 \\    link/[1] 02:00',
      'Deleted 3: eth1@NONE: <BROADCAST,MULTICAST> mtu 1400 qdisc noop state DOWN group 0 \\    link/[1] 02:00',
      '3: eth1    inet 192.0.2.2/24 scope 0 eth1\\       valid_lft forever preferred_lft forever',
      'Deleted 7: ppp0    inet 192.0.2.2 peer 192.0.2.1/32 scope 0 ppp0\\       valid_lft forever',
    ],
    true,
  );
});

test('links, addresses and qdiscs of other devices are not, whatever their names begin with', () => {
  all(
    [
      '2: eth1p@eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group 0 \\    link/[1] 66:e3',
      '9: veth51a@if8: <BROADCAST> mtu 1500 qdisc noop master docker0 state DOWN group 0 \\    link/[1] 66:e3',
      '2: eth10    inet 172.17.0.1/16 scope 0 eth10\\       valid_lft forever preferred_lft forever',
      'qdisc noqueue 0: dev eth1p root refcnt 2 ',
      'deleted qdisc fq_codel 0: dev eth10 parent :1 limit 10240p',
    ],
    false,
  );
});

test('routes of main are of concern, but one that bears our protocol there', () => {
  all(
    [
      'default via 192.0.2.1 dev eth1 ',
      'Deleted 10.9.0.0/16 via 192.0.2.1 dev lan0 proto 11 ',
      '192.0.2.0/24 dev eth9 proto 2 scope 253 src 192.0.2.2 ',
      '6 10.1.0.0/16 ',
      'unreachable 10.1.0.0/16 metric 5 ',
      'default proto 186 \\\tnexthop via 192.0.2.1 dev eth1 weight 1 \\\tnexthop via 192.0.2.9 dev eth1 weight 2 ',
    ],
    true,
  );
  all(['default via 192.0.2.1 dev eth1 proto 77 '], false);
});

test('routes of our tables are of concern whoever made them, ours in any table, and no others', () => {
  all(
    [
      'default table 7700 proto 77 metric 10 \\\tnexthop via 192.0.2.1 dev eth1 weight 1 ',
      'Deleted default via 192.0.2.9 dev eth1 table 7762 proto 186 metric 1 ',
      '10.0.0.0/8 dev lan0 table 300 proto 77 scope 253 ',
    ],
    true,
  );
  all(
    [
      'default dev eth1 table 7699 scope 253 ',
      'default dev eth1 table 7763 scope 253 ',
      'default dev eth1 table 77001 scope 253 ',
      '10.0.0.0/8 dev lan0 table 300 proto 7 scope 253 ',
      '10.0.0.0/8 dev lan0 table 300 proto 770 scope 253 ',
    ],
    false,
  );
});

test('what the kernel notes of addresses is not of concern', () => {
  all(
    [
      '2 192.0.2.2 dev eth1 table 255 proto 2 scope 254 src 192.0.2.2 ',
      'Deleted 3 192.0.2.255 dev eth1 table 255 proto 2 scope 253 src 192.0.2.2 ',
      'local 192.0.2.2 dev eth1 table local proto kernel scope host src 192.0.2.2 ',
      'broadcast 192.0.2.255 dev eth1 proto kernel scope link src 192.0.2.2 ',
    ],
    false,
  );
});

test('rules of our range and of our protocol are of concern, and no others', () => {
  all(
    [
      '20900:\tfrom all lookup 7700 proto 77',
      'Deleted 19801:\tfrom all lookup 5',
      '20900:\tnot from 10.0.0.0/8 lookup 5',
      '100:\tfrom all lookup 5 proto 77',
    ],
    true,
  );
  all(
    ['19800:\tfrom all lookup 5', '20901:\tfrom all lookup 5', 'Deleted 32766:\tfrom all lookup 254 proto 2'],
    false,
  );
});

test('qdiscs of uplinks, nexthop objects and the loss of our nft table are of concern', () => {
  all(
    [
      'qdisc pfifo 78: dev eth1 root refcnt 3 limit 1000p',
      'deleted qdisc htb 77: dev eth1 root r2q 10 default 0 direct_packets_stat 0 direct_qlen 1000',
      'replaced qdisc sfq 771: dev ppp0 parent 78:1 limit 127p',
      'Deleted id 5 via 192.0.2.1 dev eth1 scope 253 ',
      'delete table inet mlb_hooks',
      'delete table inet mlb_hooks # handle 4',
    ],
    true,
  );
  all(['delete table inet mlb_hooks2', 'delete table ip mlb_hooks', 'delete table inet filter'], false);
});

test('what is none of these lines is of no concern', () => {
  all(
    [
      '',
      ' ',
      '\tnexthop via 192.0.2.1 dev eth1',
      'class htb 77:1 dev eth1 root prio 0',
      'filter dev eth1',
      'Error: Peer netns reference is invalid.',
      'fe80::1 dev eth1 lladdr 02:00:00:00:00:01 REACHABLE',
      'Deleted',
      '9: ',
    ],
    false,
  );
});

test('settings move the tables, the priorities and the protocol that are of concern', async () => {
  const config = await sampleConfig('id = 1\nname = "cable"\ndevice = "eth1"');
  const settings = { ...config.settings, tableBase: 100, priorityBase: 1000, protocol: 99 };
  const moved = makeConcern({ ...config, settings });
  assert.equal(moved('default dev eth9 table 101 scope 253 '), true);
  assert.equal(moved('1900:\tfrom all lookup 5'), true);
  assert.equal(moved('10.0.0.0/8 dev lan0 table 300 proto 99 '), true);
  assert.equal(moved('default dev eth9 table 7700 proto 77 '), false);
  assert.equal(moved('20900:\tfrom all lookup 7700 proto 77'), false);
});

test('a change of a link or an address is told from one of a rule or a route', () => {
  assert.equal(isOfLink('ip: 3: eth1@eth1p: <UP> mtu 1500'), true);
  assert.equal(isOfLink('ip: Deleted 3: eth1    inet 192.0.2.2/24 scope 0 eth1'), true);
  assert.equal(isOfLink('ip: 20900: from all lookup 7700'), false);
  assert.equal(isOfLink('ip: Deleted 20900: not from 10.0.0.0/8 lookup 7700'), false);
  assert.equal(isOfLink('ip: default via 192.0.2.1 dev eth1'), false);
  assert.equal(isOfLink('cable is dead'), false);
});
