import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lostUplinks, vanishedAddresses } from '../../../src/events/connections.ts';
import type { Memory, UplinkMemory, UplinkState } from '../../../src/model.ts';
import { NO_MEMORY, sampleLink, sampleState } from '../../helpers/samples.ts';

const ADDRESS = '192.0.2.2';
const THERE = { links: [sampleLink()] };

const remembered = (uplinks: Memory['uplinks']): Memory => ({ ...NO_MEMORY, uplinks });

test('an address has vanished when no link has it any more', () => {
  const memory = remembered({
    1: { device: 'eth1', addresses: [ADDRESS, '192.0.2.3'] },
    2: { device: 'eth2', addresses: ['192.0.2.3'] },
  });
  assert.deepEqual(vanishedAddresses(memory, THERE), ['192.0.2.3']);
  assert.deepEqual(vanishedAddresses(memory, { links: [sampleLink({ device: 'lan' })] }), ['192.0.2.3']);
  assert.deepEqual(vanishedAddresses(NO_MEMORY, { links: [] }), []);
});

/** Ids of those that are lost, for uplink 1, which was like this and is in this state now. */
const lost = (before: Partial<UplinkMemory>, states: readonly UplinkState[], observed = THERE): number[] =>
  lostUplinks(
    remembered({ 1: { device: 'eth1', status: 'up', addresses: [ADDRESS], ...before } }),
    states,
    observed,
  );

test('an uplink that worked and works is not lost, also without carrier', () => {
  assert.deepEqual(lost({}, [sampleState()]), []);
  assert.deepEqual(lost({}, [sampleState({ status: 'no-carrier' })]), []);
  assert.deepEqual(lost({ status: 'no-carrier' }, [sampleState()]), []);
});

test('one that is dead, gone, taken out of the configuration or moved to another device is', () => {
  assert.deepEqual(lost({}, [sampleState({ status: 'vetoed', use: 'dead' })]), [1]);
  assert.deepEqual(lost({ status: 'no-carrier' }, [sampleState({ status: 'absent', use: 'gone' })]), [1]);
  assert.deepEqual(lost({}, []), [1]);
  assert.deepEqual(lost({ device: 'ppp0' }, [sampleState()]), [1]);
});

test('one that has another address is, although it works', () => {
  assert.deepEqual(lost({ addresses: ['192.0.2.9'] }, [sampleState()]), [1]);
  assert.deepEqual(lost({ addresses: [ADDRESS, '192.0.2.9'] }, [sampleState()]), [1]);
});

test('one that did not work before has nothing to lose', () => {
  for (const status of ['absent', 'down', 'no-address', 'vetoed'] as const)
    assert.deepEqual(lost({ status }, [sampleState({ use: 'gone' })]), []);
});
