import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Memory, UplinkState } from '../../../src/model.ts';
import { reportUplinks, type Seen, totalConnections, type UplinkReport } from '../../../src/report/status.ts';
import { NO_MEMORY, NOTHING, sampleLink, sampleState } from '../../helpers/samples.ts';
import { states } from './states.ts';

const NEXTHOP = { gateway: '192.0.2.1', device: 'eth1', weight: 1, onlink: false, dead: false };

const SETTINGS = { tableBase: 7700, balance: 'multipath' } as const;
const UNSEEN: Seen = {
  observed: NOTHING,
  memory: NO_MEMORY,
  bytes: new Map(),
  connections: new Map(),
  now: 1000,
};

const report = (states: readonly UplinkState[], memory: Memory = NO_MEMORY): UplinkReport[] =>
  reportUplinks(states, SETTINGS, { ...UNSEEN, memory });

test('status --json of an uplink has every field, and null where nothing is known', () => {
  assert.deepEqual(report([sampleState()]), [
    {
      id: 1,
      name: 'cable',
      device: 'eth1',
      state: 'up',
      reason: '',
      since: null,
      word: null,
      addresses: ['192.0.2.2'],
      gateway: null,
      gatewaySource: null,
      table: 7701,
      tier: 1,
      weight: 1,
      share: 1,
      deferred: false,
      realShare: null,
      connections: null,
      connectionsIn: null,
      qdisc: null,
      qdiscConfigured: 'prio-sfq',
      sent: null,
      received: null,
      lastEvent: null,
      lastSession: null,
      health: null,
    },
  ]);
});

test('status --json tells what is remembered, in seconds ago', () => {
  const session = { seconds: 60, sent: 1, received: 2 };
  const lastEvent = { source: 'pppd', phase: 'up', at: 940.4 } as const;
  const known = { device: 'eth1', status: 'up', since: 900, lastEvent, session } as const;
  const bytes = new Map([['eth1', { sent: 5, received: 6 }]]);
  const states = [sampleState({ nexthop: NEXTHOP, gatewaySource: 'lease' })];
  const memory = { ...NO_MEMORY, uplinks: { 1: known } };
  const [uplink] = reportUplinks(states, SETTINGS, { ...UNSEEN, memory, bytes });
  assert.equal(uplink?.since, 100);
  assert.deepEqual(uplink?.lastEvent, { source: 'pppd', phase: 'up', ago: 60 });
  assert.deepEqual(uplink?.lastSession, session);
  assert.deepEqual([uplink?.gateway, uplink?.gatewaySource], ['192.0.2.1', 'lease']);
  assert.deepEqual([uplink?.sent, uplink?.received], [5, 6]);
});

test('status --json tells what the monitor found, what was said, and what others come before', () => {
  const target = { target: '9.9.9.9', health: 'alive', reason: '', loss: 0.2, rtt: 640, jitter: 30 } as const;
  const measured = { loss: 0.2, rtt: 640, jitter: 30, flaps: 2, targets: [target] };
  const found = { health: 'degraded', reason: 'loss 20 %', ...measured } as const;
  const verdict = { id: 1, device: 'eth1', index: 11, since: 940.4, ...found };
  const uplinks = { 1: { device: 'eth1', word: 'draining' } } as const;
  const [uplink] = report([sampleState({ status: 'draining', use: 'draining', deferred: true, verdict })], {
    ...NO_MEMORY,
    uplinks,
  });
  assert.deepEqual(uplink?.health, { ...found, since: 60 });
  assert.deepEqual([uplink?.word, uplink?.deferred], ['draining', true]);
});

test('since when is not known of a state that has changed since the last run', () => {
  const uplinks = { 1: { device: 'eth1', status: 'down', since: 900 } } as const;
  assert.equal(report([sampleState()], { ...NO_MEMORY, uplinks })[0]?.since, null);
});

test('the qdisc is what the kernel has, from the root down', () => {
  const at = (parent: string, kind: string, device = 'eth1') => ({
    device,
    parent,
    handle: '1:',
    kind,
    options: {},
  });
  const links = [sampleLink()];
  const seen = (qdiscs: ReturnType<typeof at>[], present = links): string | null | undefined =>
    reportUplinks([sampleState()], SETTINGS, {
      ...UNSEEN,
      observed: { ...NOTHING, links: present, qdiscs },
    })[0]?.qdisc;
  const tree = [
    at('77:1', 'sfq'),
    at('77:2', 'sfq'),
    at('root', 'prio'),
    at('ffff:fff1', 'ingress'),
    at('root', 'tbf', 'x'),
  ];
  assert.equal(seen(tree), 'prio > sfq');
  assert.equal(seen([]), 'none');
  assert.equal(seen(tree, []), null);
});

test('the real share is of what left by all uplinks, and what came in is apart', () => {
  const two = states([1, 1, 'up'], [1, 1, 'down']);
  const connections = new Map([
    ['out_1', 30],
    ['out_2', 10],
    ['in_2', 7],
    ['out_3', 1000],
  ]);
  const seen = { ...UNSEEN, connections };
  assert.equal(totalConnections(two, seen), 40, 'an uplink that is not configured any more does not count');
  assert.deepEqual(
    reportUplinks(two, SETTINGS, seen).map((uplink) => [
      uplink.connections,
      uplink.realShare,
      uplink.connectionsIn,
    ]),
    [
      [30, 0.75, null],
      [10, 0.25, 7],
    ],
  );
});

test('without counters, and without connections, there is no real share', () => {
  const one = states([1, 1, 'up']);
  assert.equal(totalConnections(one, UNSEEN), null);
  const idle = { ...UNSEEN, connections: new Map([['out_1', 0]]) };
  assert.equal(totalConnections(one, idle), 0);
  const [uplink] = reportUplinks(one, SETTINGS, idle);
  assert.deepEqual([uplink?.connections, uplink?.realShare], [0, null]);
});
