import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UplinkState, UplinkStatus } from '../../../src/model.ts';
import { changesOfState, describeChangeOfState, statusesOf } from '../../../src/monitor/changes.ts';
import { sampleState, sampleUplink } from '../../helpers/samples.ts';

const AT = '2026-01-02T03:04:05.000Z';

const line = (id: number, fields: Partial<UplinkState> = {}, tier = 1): UplinkState =>
  sampleState({ uplink: sampleUplink({ id, name: `line${id}`, device: `w${id}`, tier }), ...fields });

const DEAD = { status: 'dead', use: 'dead', reason: 'no answer from 9.9.9.9' } as const;

const changes = (before: readonly [number, UplinkStatus][] | undefined, ...states: readonly UplinkState[]) =>
  changesOfState(before === undefined ? undefined : new Map(before), states, 'multipath', AT);

test('nothing has changed where nothing is known of before, nor where all is as it was', () => {
  assert.deepEqual(changes(undefined, line(1)), []);
  assert.deepEqual(changes([[1, 'up']], line(1)), []);
});

test('a change has everything that a script may ask for', () => {
  const [change] = changes(
    [
      [1, 'up'],
      [2, 'up'],
    ],
    line(1, {
      ...DEAD,
      nexthop: { gateway: '192.0.2.1', weight: 1, onlink: false, dead: false },
      verdict: {
        id: 1,
        device: 'w1',
        index: 11,
        health: 'dead',
        reason: DEAD.reason,
        since: 1,
        flaps: 1,
        loss: 1,
        rtt: null,
        jitter: 0.5,
        targets: [],
      },
    }),
    line(2),
  );
  assert.deepEqual(change, {
    uplink: { id: 1, name: 'line1', device: 'w1' },
    state: 'dead',
    previous: 'up',
    reason: 'no answer from 9.9.9.9',
    addresses: ['192.0.2.2'],
    gateway: '192.0.2.1',
    loss: 1,
    rtt: null,
    jitter: 0.5,
    working: ['line2'],
    at: AT,
  });
});

test('an uplink that is new has no state before', () => {
  assert.deepEqual(
    changes([[1, 'up']], line(1), line(2)).map(({ uplink, previous }) => [uplink.name, previous]),
    [['line2', null]],
  );
});

test('only those carry that get new connections: no backup that stands by, no degraded line behind another', () => {
  const carrying = (...states: readonly UplinkState[]): readonly string[] | undefined =>
    changes([], ...states)[0]?.working;
  assert.deepEqual(carrying(line(1), line(2), line(3, {}, 2)), ['line1', 'line2']);
  assert.deepEqual(carrying(line(1, { status: 'degraded', deferred: true }), line(2)), ['line2']);
  assert.deepEqual(carrying(line(1, DEAD), line(3, {}, 2)), ['line3']);
});

for (const [states, text] of [
  [[line(1, DEAD), line(2)], 'line1: dead (was up): no answer from 9.9.9.9; carrying: line2'],
  [[line(1, DEAD)], 'line1: dead (was up): no answer from 9.9.9.9; nothing carries traffic'],
  [
    [line(1, { status: 'degraded', reason: 'loss 20 %' })],
    'line1: degraded (was up): loss 20 %; carrying: line1',
  ],
] as const)
  test(`people are told: ${text}`, () => {
    const [change] = changes(
      [
        [1, 'up'],
        [2, 'up'],
      ],
      ...states,
    );
    assert.ok(change !== undefined, 'there is a change');
    assert.equal(describeChangeOfState(change), text);
  });

test('the states of a run are what the next one is compared with', () => {
  const states = [line(1, DEAD), line(2)];
  assert.deepEqual(changesOfState(statusesOf(states), states, 'multipath', AT), []);
});
