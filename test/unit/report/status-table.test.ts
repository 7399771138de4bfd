import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthReport } from '../../../src/report/health.ts';
import type { PolicyReport } from '../../../src/report/policies.ts';
import type { StatusReport, UplinkReport } from '../../../src/report/status.ts';
import { renderStatus } from '../../../src/report/status-table.ts';

const UPLINK: UplinkReport = {
  id: 1,
  name: 'cable',
  device: 'eth1',
  state: 'up',
  reason: '',
  since: 7300,
  word: null,
  addresses: ['192.0.2.200'],
  gateway: '192.0.2.254',
  gatewaySource: 'lease',
  table: 7701,
  tier: 1,
  weight: 2,
  share: 1,
  deferred: false,
  realShare: 0.97,
  connections: 123_456,
  connectionsIn: 3,
  qdisc: 'tbf > prio > sfq',
  qdiscConfigured: 'prio-sfq',
  sent: 987_654_321,
  received: 123_456_789_012,
  lastEvent: { source: 'ifupdown', phase: 'up', ago: 7200 },
  lastSession: null,
  health: null,
};

const ABSENT: UplinkReport = {
  ...UPLINK,
  id: 2,
  name: 'dsl1',
  device: 'ppp0',
  state: 'absent',
  reason: 'no device ppp0: the line is not dialled, or its driver is missing',
  since: null,
  addresses: [],
  gateway: null,
  table: 7702,
  share: 0,
  realShare: null,
  connections: null,
  connectionsIn: null,
  qdisc: null,
  sent: null,
  received: null,
  lastEvent: null,
};

const ALIVE: HealthReport = {
  health: 'alive',
  reason: '',
  since: 7300,
  loss: 0.004,
  rtt: 12.3,
  jitter: 0.7,
  flaps: 0,
  targets: [{ target: '9.9.9.9', health: 'alive', reason: '', loss: 0.004, rtt: 12.3, jitter: 0.7 }],
};

const MONITOR = { pid: 1234, left: [] };

/** A line that lost its way an hour ago, and not for the first time. */
const DEAD: UplinkReport = {
  ...UPLINK,
  name: 'lte',
  state: 'dead',
  reason: 'no answer from 9.9.9.9 and one.test',
  since: 3600,
  share: 0,
  health: {
    ...ALIVE,
    health: 'dead',
    reason: 'no answer from 9.9.9.9 and one.test',
    loss: 1,
    rtt: null,
    jitter: null,
    flaps: 3,
    targets: [
      { target: '9.9.9.9', health: 'dead', reason: '', loss: 1, rtt: null, jitter: null },
      { target: 'one.test', health: 'unknown', reason: 'no address', loss: null, rtt: null, jitter: null },
    ],
  },
};

const POLICY: PolicyReport = {
  name: 'mail',
  use: [['cable', 'dsl1'], ['lte']],
  else: 'reject',
  takes: 'uplinks',
  uplinks: ['cable'],
  connections: 1234,
  share: 0.01,
};

const REPORT: StatusReport = {
  version: 1,
  balance: 'source',
  connections: 127_000,
  uplinks: [UPLINK, ABSENT],
  policies: [],
  pending: 0,
  conflicts: [],
  notices: [],
};

const table = (report: Partial<StatusReport>, width = 80, color = false): string =>
  renderStatus({ ...REPORT, ...report }, color, width);

test('in 80 columns the status says below a row what has no room in it', () => {
  assert.equal(
    table({}),
    `
balance = "source", 127 k new connections since counting began
UPLINK  STATE   SINCE  SHARE  REAL    NEW  DEVICE  ADDRESS      GATEWAY
cable   up        2 h  100 %  97 %  123 k  eth1    192.0.2.200  192.0.2.254
        received 123 GB, sent 987 MB, 3 new came in, table 7701, tier 1
        tbf > prio > sfq, ifupdown up 2 h ago
dsl1    absent      -    0 %     -      -  ppp0    -            -
        table 7702, tier 1, no event known
        no device ppp0: the line is not dialled, or its driver is missing
`.trim(),
  );
});

test('in 120 columns a row has everything', () => {
  assert.equal(
    table({ uplinks: [UPLINK] }, 120),
    `
balance = "source", 127 k new connections since counting began
UPLINK  STATE  SINCE  SHARE  REAL    NEW  DEVICE  ADDRESS      GATEWAY      IN / OUT
cable   up       2 h  100 %  97 %  123 k  eth1    192.0.2.200  192.0.2.254  123 GB / 987 MB
        3 new came in, table 7701, tier 1, tbf > prio > sfq, ifupdown up 2 h ago
`.trim(),
  );
});

test('while a monitor runs, loss and round trip have columns, and in 80 columns others make room', () => {
  assert.equal(
    table({ monitor: MONITOR, uplinks: [{ ...UPLINK, health: ALIVE }, DEAD, ABSENT] }),
    `
balance = "source", 127 k new connections since counting began
health checks: monitor 1234, 3 targets
UPLINK  STATE    SINCE  SHARE  REAL    NEW   LOSS    RTT  DEVICE  ADDRESS
cable   up         2 h  100 %  97 %  123 k    0 %  12 ms  eth1    192.0.2.200
        via 192.0.2.254, received 123 GB, sent 987 MB, jitter 0.7 ms
        3 new came in, table 7701, tier 1, tbf > prio > sfq, ifupdown up 2 h ago
lte     dead    60 min    0 %  97 %  123 k  100 %      -  eth1    192.0.2.200
        via 192.0.2.254, received 123 GB, sent 987 MB, flapped 3 times lately
        3 new came in, table 7701, tier 1, tbf > prio > sfq, ifupdown up 2 h ago
        no answer from 9.9.9.9 and one.test
        9.9.9.9: dead, loss 100 %
        one.test: unknown, no address
dsl1    absent       -    0 %     -      -      -      -  ppp0    -
        no gateway, table 7702, tier 1, no event known
        no device ppp0: the line is not dialled, or its driver is missing
`.trim(),
  );
});

test('in 60 columns what the monitor measured goes below the row', () => {
  const lines = table({ monitor: MONITOR, uplinks: [{ ...UPLINK, health: ALIVE }] }, 60).split('\n');
  assert.equal(lines[2], 'UPLINK  STATE  SINCE  SHARE  REAL    NEW  LOSS  DEVICE');
  assert.equal(lines[4], '        round trip 12 ms, 192.0.2.200, via 192.0.2.254');
});

test('without a monitor there is no column for what nobody measures', () => {
  const text = table({ monitor: null });
  assert.match(text, /^no monitor runs: lines that are up but dead are not noticed\nUPLINK/m);
  assert.doesNotMatch(text, /LOSS|RTT/);
  assert.doesNotMatch(table({}), /monitor/, 'who may not look is not told that there is none');
});

test('a word that something else hides is said, and so is that others come first', () => {
  const { reason: _reason, ...absent } = ABSENT;
  const hidden = table({ uplinks: [{ ...absent, reason: 'no device', word: 'disabled' }] });
  assert.match(hidden, /no event known, disabled when it is back\n +no device$/);
  const disabled = { ...UPLINK, state: 'disabled', word: 'disabled' } as const;
  assert.doesNotMatch(table({ uplinks: [disabled] }), /when it is back/);
  assert.match(table({ uplinks: [{ ...UPLINK, deferred: true }] }), / tier 1 behind others,/);
});

test('a long reason is broken where its parts end, so that a command stays in one line', () => {
  const remedy = 'back with: mlb-hooks enable cable';
  const reason = `no new connections ("mlb-hooks drain"); its line is dead; ${remedy}`;
  assert.match(
    table({ uplinks: [{ ...UPLINK, reason }] }),
    /\n {8}no new connections \("mlb-hooks drain"\); its line is dead\n {8}back with: mlb-hooks enable cable$/,
  );
});

test('a state is green when all is well, yellow when connections go on, else red', () => {
  const colorOf = (state: UplinkReport['state']): string | undefined => {
    const [, code] =
      new RegExp(`\\[(\\d+)m${state}`).exec(table({ uplinks: [{ ...UPLINK, state }] }, 80, true)) ?? [];
    return { 32: 'green', 33: 'yellow', 31: 'red' }[Number(code)];
  };
  assert.equal(colorOf('up'), 'green');
  for (const state of ['degraded', 'draining'] as const) assert.equal(colorOf(state), 'yellow');
  for (const state of ['dead', 'disabled', 'vetoed', 'no-carrier', 'no-address', 'down', 'absent'] as const)
    assert.equal(colorOf(state), 'red', state);
});

test('what the monitor leaves alone comes with what is in the way', () => {
  const left = ['route default dev ppp0 table 7701: left alone for 5 min'];
  const text = table({
    pending: 1,
    conflicts: ['not ours: rule 5'],
    notices: ['tc'],
    monitor: { pid: 5, left },
  });
  assert.ok(text.endsWith(`\nnot ours: rule 5\n${left}\ntc`), text);
});

test('policies say what they use, what they take now, and what took them', () => {
  const policies: PolicyReport[] = [
    POLICY,
    { ...POLICY, name: 'voip', else: 'any', takes: 'balance', uplinks: [], share: null },
    { ...POLICY, name: 'bank', use: [['dsl1']], takes: 'none', uplinks: [], connections: null, share: null },
    { ...POLICY, name: 'lan', use: 'main', takes: 'main', uplinks: [], connections: 0, share: null },
    { ...POLICY, name: 'rest', use: 'balance', takes: 'balance', uplinks: [] },
  ];
  assert.equal(
    table({ uplinks: [], policies }).split('\n\n')[1],
    `
POLICY  NOW             NEW  SHARE  USES
mail    cable          1234    1 %  cable + dsl1, then lte, else reject
voip    any            1234      -  cable + dsl1, then lte, else any
bank    none: refused     -      -  dsl1, else reject
lan     main              0      -  main
rest    any            1234    1 %  balance
`.trim(),
  );
});

test('what a policy uses goes below it where there is no room', () => {
  const use = [
    ['a-long-name', 'another-name'],
    ['a-third-name', 'a-fourth-name'],
  ];
  const text = table({ uplinks: [], policies: [{ ...POLICY, use }] });
  assert.equal(
    text.split('\n\n')[1],
    `
POLICY  NOW     NEW  SHARE
mail    cable  1234    1 %
        a-long-name + another-name, then a-third-name + a-fourth-name
        else reject
`.trim(),
  );
});

test('many uplinks at once are counted, not named', () => {
  const uplinks = Array.from({ length: 12 }, (_, id) => `uplink${id}`);
  const text = table({ uplinks: [], policies: [{ ...POLICY, use: [['u']], uplinks }] });
  assert.match(text, /^mail +12 uplinks +1234 +1 % +u, else reject$/m);
});

test('what is pending, in the way or not to be seen comes last', () => {
  const text = table({ pending: 1, conflicts: ['not ours: rule 5'], notices: ['tc is missing'] });
  assert.match(text, /\n\n1 change pending: see "mlb-hooks plan"\nnot ours: rule 5\ntc is missing$/);
  assert.match(table({ pending: 2 }), /\n\n2 changes pending: see "mlb-hooks plan"$/);
});

test('without counters the first line says how the balance is set, and no number', () => {
  assert.match(table({ connections: null }), /^balance = "source"\n/);
  assert.match(table({ connections: 1 }), /^balance = "source", 1 new connection since counting began\n/);
});

test('no line has more columns than the terminal, nor ends in blanks', () => {
  for (const width of [80, 100, 120])
    for (const line of table({ policies: [POLICY], monitor: MONITOR, uplinks: [DEAD, ABSENT] }, width).split(
      '\n',
    ))
      assert.ok(line.length <= width && line === line.trimEnd(), line);
});

test('colour changes nothing but colour', () => {
  const policies = [POLICY, { ...POLICY, takes: 'none' as const }];
  const report = { policies, monitor: MONITOR, uplinks: [DEAD, ABSENT] };
  const colored = table(report, 80, true);
  assert.notEqual(colored, table(report));
  const plain = colored.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '');
  assert.equal(plain, table(report));
});
