import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeRules } from '../../../src/desired/rules.ts';
import type { UplinkState } from '../../../src/model.ts';
import { sampleConfig, sampleState, sampleUplink } from '../../helpers/samples.ts';

const CONFIG = await sampleConfig(...[1, 2].map((id) => `id = ${id}\nname = "up${id}"\ndevice = "eth${id}"`));

/** The tables that the rules for the address lead to which both uplinks have. */
const tablesOf = (...uses: readonly UplinkState['use'][]): number[] => {
  const states = uses.map((use, index) =>
    sampleState({ uplink: sampleUplink({ id: index + 1, device: `eth${index + 1}` }), use }),
  );
  return computeRules(CONFIG, states)
    .filter(({ from, to }) => from === '192.0.2.2' && to === undefined)
    .map(({ table }) => table);
};

test('an address that two uplinks have is that of the one that works, else of the one that is draining', () => {
  assert.deepEqual(tablesOf('dead', 'working'), [7702]);
  assert.deepEqual(tablesOf('draining', 'working'), [7702]);
  assert.deepEqual(tablesOf('dead', 'draining'), [7702]);
  assert.deepEqual(tablesOf('gone', 'dead'), [7701, 7702]);
  assert.deepEqual(tablesOf('working', 'working'), [7701, 7702]);
});
