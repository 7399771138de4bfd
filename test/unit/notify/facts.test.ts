import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf, jsonOf } from '../../../src/notify/facts.ts';
import { change } from './samples.ts';

test('an executable finds every fact in its environment, in units for people', () => {
  assert.deepEqual(environmentOf(change({ loss: 0.1234, rtt: 12.34, jitter: 0.06 })), {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    MLB_UPLINK: 'dsl1',
    MLB_DEVICE: 'ppp0',
    MLB_ID: '1',
    MLB_STATE: 'dead',
    MLB_PREVIOUS: 'up',
    MLB_REASON: 'no answer from 192.0.2.1',
    MLB_GATEWAY: '192.0.2.1',
    MLB_ADDRESSES: '192.0.2.7 192.0.2.8',
    MLB_WORKING: 'cable lte',
    MLB_LOSS: '12.3',
    MLB_RTT: '12.3',
    MLB_JITTER: '0.1',
    MLB_AT: '2026-01-02T03:04:05.000Z',
  });
});

test('what is not known is there and empty, and a loss of nothing is 0', () => {
  const unknown = { previous: null, gateway: null, loss: null, rtt: null, jitter: null };
  const environment = environmentOf(change({ ...unknown, addresses: [], working: [] }));
  for (const name of ['PREVIOUS', 'GATEWAY', 'ADDRESSES', 'WORKING', 'LOSS', 'RTT', 'JITTER'])
    assert.equal(environment[`MLB_${name}`], '', name);
  assert.equal(environmentOf(change({ loss: 0 })).MLB_LOSS, '0');
});

test('what a remote has said can neither end a variable nor a line', () => {
  const { MLB_REASON } = environmentOf(change({ reason: 'said\0 "a"\nMLB_STATE=up\u001b[2J' }));
  assert.equal(MLB_REASON, 'said "a" MLB_STATE=up[2J');
});

test('the JSON is one line with the same facts, unrounded, and a version', () => {
  const told = change({ reason: 'two\nlines', loss: 0.1234 });
  const text = jsonOf(told);
  assert.equal(text.indexOf('\n'), text.length - 1);
  assert.deepEqual(JSON.parse(text), { version: 1, ...told });
});
