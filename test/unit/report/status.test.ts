import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Memory, UplinkState } from '../../../src/model.ts';
import { reportUplinks, type UplinkReport } from '../../../src/report/status.ts';
import { duration, renderStatus } from '../../../src/report/status-table.ts';
import { NO_MEMORY, NOTHING, sampleLink, sampleState, sampleUplink } from '../../helpers/samples.ts';

const NEXTHOP = { gateway: '192.0.2.1', device: 'eth1', weight: 1, onlink: false, dead: false };

const report = (states: readonly UplinkState[], memory: Memory = NO_MEMORY): UplinkReport[] =>
  reportUplinks(states, 7700, NOTHING, memory, new Map(), 1000);

test('status --json of an uplink has every field, and null where nothing is known', () => {
  assert.deepEqual(report([sampleState()]), [
    {
      id: 1,
      name: 'cable',
      device: 'eth1',
      state: 'up',
      reason: '',
      since: null,
      addresses: ['192.0.2.2'],
      gateway: null,
      gatewaySource: null,
      table: 7701,
      tier: 1,
      weight: 1,
      share: 1,
      qdisc: null,
      qdiscConfigured: 'prio-sfq',
      sent: null,
      received: null,
      lastEvent: null,
      lastSession: null,
    },
  ]);
});

test('status --json tells what is remembered, in seconds ago', () => {
  const session = { seconds: 60, sent: 1, received: 2 };
  const lastEvent = { source: 'pppd', phase: 'up', at: 940.4 } as const;
  const known = { device: 'eth1', status: 'up', since: 900, lastEvent, session } as const;
  const counters = new Map([['eth1', { sent: 5, received: 6 }]]);
  const states = [sampleState({ nexthop: NEXTHOP, gatewaySource: 'lease' })];
  const memory = { ...NO_MEMORY, uplinks: { 1: known } };
  const [uplink] = reportUplinks(states, 7700, NOTHING, memory, counters, 1000);
  assert.equal(uplink?.since, 100);
  assert.deepEqual(uplink?.lastEvent, { source: 'pppd', phase: 'up', ago: 60 });
  assert.deepEqual(uplink?.lastSession, session);
  assert.deepEqual([uplink?.gateway, uplink?.gatewaySource], ['192.0.2.1', 'lease']);
  assert.deepEqual([uplink?.sent, uplink?.received], [5, 6]);
});

test('since when is not known of a state that has changed since the last run', () => {
  const uplinks = { 1: { device: 'eth1', status: 'down', since: 900 } } as const;
  assert.equal(report([sampleState()], { ...NO_MEMORY, uplinks })[0]?.since, null);
});

type Line = readonly [tier: number, weight: number, status: UplinkState['status']];

const states = (...list: readonly Line[]): UplinkState[] =>
  list.map(([tier, weight, status], position) => {
    const uplink = sampleUplink({ id: position + 1, name: `u${position + 1}`, tier, weight });
    const use =
      status === 'vetoed' ? 'dead' : status === 'up' || status === 'no-carrier' ? 'working' : 'gone';
    return sampleState({ uplink, status, use });
  });

test('the share is by weight among the best tier that carries', () => {
  const shares = (...list: readonly Line[]): number[] => report(states(...list)).map(({ share }) => share);
  assert.deepEqual(shares([1, 1, 'up'], [1, 3, 'up']), [0.25, 0.75]);
  assert.deepEqual(shares([1, 1, 'up'], [2, 3, 'up']), [1, 0]);
  assert.deepEqual(shares([1, 1, 'down'], [2, 3, 'up'], [2, 1, 'up']), [0, 0.75, 0.25]);
  assert.deepEqual(shares([1, 1, 'no-carrier'], [2, 3, 'up']), [0, 1]);
  assert.deepEqual(shares([1, 1, 'vetoed'], [1, 1, 'up']), [0, 1]);
  assert.deepEqual(shares([1, 1, 'absent'], [1, 1, 'down']), [0, 0]);
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
    reportUplinks([sampleState()], 7700, { ...NOTHING, links: present, qdiscs }, NO_MEMORY, new Map(), 1)[0]
      ?.qdisc;
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

test('a duration is given in the largest unit that it fills twice', () => {
  const table: readonly (readonly [seconds: number, text: string])[] = [
    [0, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7199, '119 min'],
    [7200, '2 h'],
    [172_799, '47 h'],
    [172_800, '2 d'],
  ];
  for (const [seconds, text] of table) assert.equal(duration(seconds), text);
});

const table = (color: boolean): string => {
  const reason = 'no device ppp0: the line is not dialled, or its driver is missing';
  const absent = sampleState({
    uplink: sampleUplink({ id: 2, name: 'dsl1', device: 'ppp0' }),
    status: 'absent',
    use: 'gone',
    addresses: [],
    reason,
  });
  const uplinks = report([sampleState({ nexthop: NEXTHOP }), absent]);
  const conflicts = ['not ours: rule 5'];
  return renderStatus({ version: 1, uplinks, pending: 1, conflicts, notices: ['tc is missing'] }, color);
};

test('the status for people says everything in 80 columns', () => {
  const text = table(false);
  const facts = [
    /^cable +up .* 100 % +eth1 +192\.0\.2\.2 +192\.0\.2\.1$/m,
    /^dsl1 +absent .* 0 % +ppp0 +- +-$/m,
    /no device ppp0: the line is not dialled, or its driver is missing$/m,
    /^1 change pending: see "mlb-hooks plan"$/m,
    /^not ours: rule 5$/m,
    /^tc is missing$/m,
  ];
  for (const fact of facts) assert.match(text, fact);
  for (const line of text.split('\n')) assert.ok(line.length <= 80 && line === line.trimEnd(), line);
});

test('colour changes nothing but colour', () => {
  const colored = table(true);
  assert.notEqual(colored, table(false));
  const plain = colored.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '');
  assert.equal(plain, table(false));
});
