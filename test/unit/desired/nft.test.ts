import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeRuleset } from '../../../src/desired/nft.ts';
import type { Config, UplinkState } from '../../../src/model.ts';
import {
  NO_MEMORY,
  sampleConfig,
  sampleLink,
  samplePolicy,
  sampleState,
  sampleUplink,
} from '../../helpers/samples.ts';

const CONFIG = await sampleConfig(
  ...[1, 2, 3].map((id) => `id = ${id}\nname = "up${id}"\ndevice = "eth${id}"`),
);
const balanced = (balance: Config['settings']['balance']): Config => ({
  ...CONFIG,
  settings: { ...CONFIG.settings, balance, helpers: ['ftp'] },
});

const states = (...uses: readonly UplinkState['use'][]): UplinkState[] =>
  uses.map((use, index) => sampleState({ uplink: sampleUplink({ id: index + 1 }), use }));

test('where the ruleset chooses, it depends on which uplinks work', () => {
  const { living } = computeRuleset(balanced('random'), states('working', 'dead', 'working'), NO_MEMORY);
  assert.deepEqual(living, [1, 3]);
  assert.deepEqual(computeRuleset(balanced('random'), states('gone', 'gone', 'gone'), NO_MEMORY).living, []);
});

test('where routes choose, link events change nothing of it', () => {
  const all = computeRuleset(balanced('multipath'), states('working', 'working', 'working'), NO_MEMORY);
  const one = computeRuleset(balanced('multipath'), states('gone', 'working', 'dead'), NO_MEMORY);
  assert.deepEqual(all.living, []);
  assert.deepEqual(one, all);
});

test('another configuration, and a helper that the kernel lacks, is another ruleset', () => {
  const builds = [
    computeRuleset(balanced('random'), [], NO_MEMORY),
    computeRuleset(balanced('multipath'), [], NO_MEMORY),
    computeRuleset(balanced('multipath'), [], { ...NO_MEMORY, missingHelpers: ['ftp'] }),
  ].map(({ build }) => build);
  assert.equal(new Set(builds).size, builds.length);
});

test('a line without carrier is said to be one, where the ruleset chooses', () => {
  const unplugged = states('working', 'working', 'gone').map((state, index) =>
    index === 1 ? { ...state, status: 'no-carrier' as const } : state,
  );
  const ruleset = computeRuleset(balanced('source'), unplugged, NO_MEMORY);
  assert.deepEqual([ruleset.living, ruleset.unplugged], [[1, 2], [2]]);
  assert.equal(computeRuleset(balanced('multipath'), unplugged, NO_MEMORY).unplugged, undefined);
});

test('a deferred line is said to be one, where the ruleset chooses', () => {
  const deferred = states('working', 'working', 'working').map((state, index) =>
    index === 0 ? { ...state, deferred: true as const } : state,
  );
  const ruleset = computeRuleset(balanced('source'), deferred, NO_MEMORY);
  assert.deepEqual([ruleset.living, ruleset.deferred], [[1, 2, 3], [1]]);
  assert.equal(computeRuleset(balanced('multipath'), deferred, NO_MEMORY).deferred, undefined);
});

test('a draining uplink is another ruleset where a policy names it, whatever its device does', () => {
  const drained = { ...NO_MEMORY, uplinks: { 1: { device: 'eth1', word: 'draining' as const } } };
  const all = states('draining', 'working', 'working');
  const plain = balanced('random');
  assert.equal(computeRuleset(plain, all, drained).build, computeRuleset(plain, all, NO_MEMORY).build);
  assert.deepEqual(computeRuleset(plain, all, drained).living, [2, 3]);
  const named = { ...balanced('multipath'), policies: [samplePolicy({ use: [[1], [2]] })] };
  const during = computeRuleset(named, all, drained);
  assert.notEqual(during.build, computeRuleset(named, all, NO_MEMORY).build);
  assert.deepEqual(during.living, [], 'one is left, and nothing to choose');
  assert.deepEqual(computeRuleset(named, states('gone', 'working', 'working'), drained), during);
});

test('a small MTU is another ruleset, and is remembered while the device is away', () => {
  const [there] = states('working');
  assert.ok(there);
  const config = balanced('multipath');
  const mtu = (size: number): UplinkState => ({ ...there, link: sampleLink({ mtu: size }) });
  const { link: _link, ...away } = there;
  const build = (state: UplinkState, memory = NO_MEMORY): string =>
    computeRuleset(config, [state], memory).build;
  const remembered = { ...NO_MEMORY, uplinks: { 1: { device: 'eth1', smallMtu: 1492 } } };
  assert.notEqual(build(mtu(1492)), build(mtu(1500)));
  assert.notEqual(build(mtu(1492)), build(mtu(1480)));
  assert.equal(build(away), build(mtu(1500)));
  assert.equal(build(away, remembered), build(mtu(1492)));
  assert.equal(build(mtu(1500), remembered), build(mtu(1500)), 'what is there says more than what was');
});
