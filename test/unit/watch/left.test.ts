import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, Desired, Observed } from '../../../src/model.ts';
import { describeLeft, NO_REPAIRS, noteRepairs, type Repairs } from '../../../src/watch/repairs.ts';
import { NOTHING, sampleRoute, sampleRule } from '../../helpers/samples.ts';

const EMPTY: Desired = { routes: [], rules: [], qdiscs: [], sysctls: [], nft: undefined };

const SEEN = { left: [], observed: NOTHING, thorough: true };

/** Given up at 102 s of uptime. */
const givenUp = (change: Change, desired: Desired): Repairs =>
  [100, 101, 102].reduce(
    (repairs, now) => noteRepairs(repairs, [change], desired, desired, now, SEEN).repairs,
    NO_REPAIRS,
  );

const said = (change: Change, desired: Desired, observed: Partial<Observed>, now = 102): string[] =>
  describeLeft(givenUp(change, desired), now, { ...NOTHING, ...observed }, ['zebra (612)', 'dhclient (800)']);

const ROUTE = sampleRoute();
const ADD: Change = { kind: 'route', op: 'add', route: ROUTE };
const WITH_ROUTE: Desired = { ...EMPTY, routes: [ROUTE] };

test('a route that is left is named, with what stands there and who may have done it', () => {
  const zebra = sampleRoute({
    protocol: 11,
    nexthops: [{ gateway: '192.0.2.9', weight: 1, onlink: false, dead: false }],
  });
  const elsewhere = [sampleRoute({ table: 7702 }), sampleRoute({ destination: '10.0.0.0/8' })];
  assert.deepEqual(said(ADD, WITH_ROUTE, { routes: [zebra, ...elsewhere] }), [
    [
      'route default table 7701 protocol 77 metric 1 scope global via 192.0.2.1 dev eth1: somebody undid it 3 times within a minute',
      'left alone for 5 min',
      'the last look found "default table 7701 protocol 11 metric 1 scope global via 192.0.2.9" there',
      'programs that watch or write routes: zebra (612), dhclient (800)',
      'when that is settled, run "mlb-hooks apply"',
    ].join('; '),
  ]);
});

test('it is said for as long as it is true, with the time that is left', () => {
  assert.match(
    said(ADD, WITH_ROUTE, {}, 300)[0] ?? '',
    /; left alone for 102 s; the last look found nothing/,
  );
  assert.deepEqual(said(ADD, WITH_ROUTE, {}, 402), []);
});

test('what is as it should be meanwhile is said to be so', () => {
  const { repairs } = noteRepairs(givenUp(ADD, WITH_ROUTE), [], WITH_ROUTE, WITH_ROUTE, 103, {
    ...SEEN,
    observed: { ...NOTHING, routes: [ROUTE] },
  });
  const [text = ''] = describeLeft(repairs, 103, { ...NOTHING, routes: [ROUTE] }, []);
  assert.match(text, /; left alone for 4 min; the last look found it as it should be; when that is settled/);
});

test('without suspects none are spoken of', () => {
  const [text = ''] = describeLeft(givenUp(ADD, WITH_ROUTE), 102, NOTHING, []);
  assert.doesNotMatch(text, /programs/);
});

test('of many objects in its place three are quoted', () => {
  const routes = [1, 2, 3, 4].map((metric) => sampleRoute({ metric }));
  const [text = ''] = said(ADD, WITH_ROUTE, { routes });
  assert.match(text, /metric 3 scope global via 192\.0\.2\.1 dev eth1" and … there/);
  assert.doesNotMatch(text, /metric 4/);
});

test('a rule is named with the rules of its priority', () => {
  const rule = sampleRule();
  const rules = [sampleRule({ protocol: 4 }), sampleRule({ priority: 5 })];
  const [text = ''] = said({ kind: 'rule', op: 'add', rule }, { ...EMPTY, rules: [rule] }, { rules });
  assert.match(text, /^rule priority 20900 from all lookup 7700 protocol 77: somebody undid it/);
  assert.match(text, /found "priority 20900 from all lookup 7700 protocol 4" there/);
});

test('a tree of qdiscs is named by its device, with the root that stands there', () => {
  const root = { device: 'eth1', parent: 'root', handle: '77:', kind: 'prio', options: { bands: 3 } };
  const there = { ...root, handle: '8001:', kind: 'fq', options: {} };
  const qdiscs = [there, { ...there, device: 'eth2' }];
  const desired = { ...EMPTY, qdiscs: [root] };
  const [text = ''] = said({ kind: 'qdisc', op: 'replace', qdisc: root }, desired, { qdiscs });
  assert.match(text, /^qdiscs of eth1: somebody undid it 3 times/);
  assert.match(text, /found "dev eth1 root handle 8001: fq" there/);
});

test('programs that watch routes are not suspected of what nft or a file does', () => {
  const sysctl = { device: 'eth1', key: 'rp_filter', value: 2 } as const;
  const written: Desired = { ...EMPTY, sysctls: [sysctl] };
  const [file = ''] = said({ kind: 'sysctl', op: 'write', sysctl }, written, {
    sysctls: [{ ...sysctl, value: 1 }],
  });
  assert.match(file, /^sysctl -w net\/ipv4\/conf\/eth1\/rp_filter=2: .* found "1" there/);
  assert.doesNotMatch(file, /programs/);
  const nft = { build: 'abc', living: [] };
  const [table = ''] = said({ kind: 'nft', op: 'load', ruleset: nft, lines: [] }, { ...EMPTY, nft }, {});
  assert.match(table, /^nft table inet mlb_hooks: .*; the last look found nothing there; when/);
});
