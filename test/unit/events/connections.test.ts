import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lost, lostConnections, vanishedAddresses } from '../../../src/events/connections.ts';
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

/** What is lost, for uplink 1, which was like this and is in this state now. */
const lost = (before: Partial<UplinkMemory>, states: readonly UplinkState[], observed = THERE): Lost[] =>
  lostConnections(
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
  assert.deepEqual(lost({}, [sampleState({ status: 'vetoed', use: 'dead' })]), [{ id: 1 }]);
  assert.deepEqual(lost({ status: 'no-carrier' }, [sampleState({ status: 'absent', use: 'gone' })]), [
    { id: 1 },
  ]);
  assert.deepEqual(lost({}, []), [{ id: 1 }]);
  assert.deepEqual(lost({ device: 'ppp0' }, [sampleState()]), [{ id: 1 }]);
});

test('one that carried is lost when it carries no more, whatever its status was and is', () => {
  const kept = { status: 'dead', carried: true } as const;
  const draining = sampleState({ status: 'draining', use: 'draining' });
  assert.deepEqual(lost(kept, [sampleState({ status: 'dead', use: 'dead' })]), [{ id: 1 }]);
  assert.deepEqual(lost({ status: 'draining', carried: true }, [{ ...draining, use: 'dead' }]), [{ id: 1 }]);
  assert.deepEqual(lost({ carried: true }, [draining]), []);
  assert.deepEqual(lost({ status: 'draining', carried: true }, [sampleState()]), []);
  assert.deepEqual(lost({ status: 'no-carrier', carried: false }, [draining]), []);
});

test('of one that works, what an address had is that it does not have any more', () => {
  const gone = [{ id: 1, address: '192.0.2.9' }];
  assert.deepEqual(lost({ addresses: ['192.0.2.9'] }, [sampleState()]), gone);
  assert.deepEqual(lost({ addresses: [ADDRESS, '192.0.2.9'] }, [sampleState()]), gone);
});

test('one that did not work before has nothing to lose', () => {
  for (const status of ['absent', 'down', 'no-address', 'vetoed'] as const)
    assert.deepEqual(lost({ status }, [sampleState({ use: 'gone' })]), []);
});
