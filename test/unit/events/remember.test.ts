import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findLacking,
  forgetLacking,
  forgetRestored,
  rememberLacking,
  rememberLoaded,
  rememberStates,
  rememberSysctls,
  rememberTool,
} from '../../../src/events/remember.ts';
import type { Change, Failure, Memory, UplinkState } from '../../../src/model.ts';
import { NO_MEMORY, NOTHING, sampleConfig, sampleLink, sampleState } from '../../helpers/samples.ts';

test('since when is kept while the state stays the same', () => {
  const first = rememberStates(NO_MEMORY, [sampleState()], 100);
  assert.deepEqual(first.uplinks['1'], {
    device: 'eth1',
    status: 'up',
    carried: true,
    since: 100,
    addresses: ['192.0.2.2'],
  });
  const later = rememberStates(first, [sampleState()], 200);
  assert.equal(later.uplinks['1']?.since, 100);
  const down = rememberStates(later, [sampleState({ status: 'down', addresses: [] })], 300);
  assert.equal(down.uplinks['1']?.since, 300);
  assert.deepEqual(down.uplinks['1']?.addresses, []);
});

test('what events told is kept beside it', () => {
  const memory: Memory = { ...NO_MEMORY, uplinks: { 1: { device: 'eth1', pppd: 500, veto: { index: 11 } } } };
  const uplink = rememberStates(memory, [sampleState()], 100).uplinks['1'];
  assert.equal(uplink?.pppd, 500);
  assert.deepEqual(uplink?.veto, { index: 11 });
});

test('whether it has connections is remembered, and an operators word stays', () => {
  const memory: Memory = { ...NO_MEMORY, uplinks: { 1: { device: 'eth1', word: 'draining' } } };
  const after = (use: UplinkState['use'], status: UplinkState['status']) =>
    rememberStates(memory, [sampleState({ use, status })], 100).uplinks['1'];
  assert.equal(after('draining', 'draining')?.carried, true);
  assert.equal(after('draining', 'draining')?.word, 'draining');
  assert.equal(after('working', 'dead')?.carried, true);
  assert.equal(after('dead', 'draining')?.carried, false);
  assert.equal(after('gone', 'absent')?.carried, false);
});

const OLD = { build: 'aa', living: [1] };
const NEW = { build: 'bb', living: [1, 2] };
const PREPARE: Change = { kind: 'nft', op: 'prepare', lines: [] };
const LOAD: Change = { kind: 'nft', op: 'load', ruleset: NEW, lines: [] };
const CLEAN: Change = { kind: 'nft', op: 'clean', lines: [] };
const DELETE: Change = { kind: 'nft', op: 'delete', lines: [] };

const WRITE: Change = { kind: 'sysctl', op: 'write', sysctl: { device: 'eth1', key: 'rp_filter', value: 2 } };

const OBSERVED = {
  ...NOTHING,
  links: [sampleLink()],
  sysctls: [{ device: 'eth1', key: 'rp_filter', value: 1 }],
} as const;

test('a sysctl is remembered with the value that it has before the first write', () => {
  const first = rememberSysctls(NO_MEMORY, [WRITE], OBSERVED);
  assert.deepEqual(first.sysctls, [{ device: 'eth1', index: 11, key: 'rp_filter', before: 1 }]);
  const sysctls = [{ device: 'eth1', key: 'rp_filter', value: 0 }] as const;
  assert.deepEqual(rememberSysctls(first, [WRITE], { ...OBSERVED, sysctls }), first);
});

test('what is remembered of a device that was recreated is forgotten', () => {
  const first = rememberSysctls(NO_MEMORY, [WRITE], OBSERVED);
  const links = [sampleLink({ index: 12 })];
  assert.deepEqual(rememberSysctls(first, [], { ...OBSERVED, links }).sysctls, []);
  assert.deepEqual(rememberSysctls(first, [WRITE], { ...OBSERVED, links }).sysctls, [
    { device: 'eth1', index: 12, key: 'rp_filter', before: 1 },
  ]);
});

test('a sysctl of no device, or of no known value, is not remembered', () => {
  assert.deepEqual(rememberSysctls(NO_MEMORY, [WRITE], { ...OBSERVED, links: [] }).sysctls, []);
  assert.deepEqual(rememberSysctls(NO_MEMORY, [WRITE], { ...OBSERVED, sysctls: [] }).sysctls, []);
});

test('what the kernel lacks is what it said so of, and that is news once', () => {
  const failure = (kind: string, cause: string): Failure => ({
    change: {
      kind: 'qdisc',
      op: 'replace',
      qdisc: { device: 'eth1', parent: 'root', handle: '77:', kind, options: {} },
    },
    cause,
  });
  const refused = (about: string): Failure => ({ change: LOAD, cause: 'No such file or directory', about });
  const unknown = 'Specified qdisc kind is unknown.';
  const failures = [
    failure('sfq', unknown),
    failure('sfq', unknown),
    failure('prio', 'No such device'),
    refused('helper "ftp"'),
    refused('helper "ftp"'),
    refused('policy "mail"'),
  ];
  const lacking = findLacking(failures, NO_MEMORY);
  assert.deepEqual(lacking, { qdiscs: ['sfq'], helpers: ['ftp'] });
  assert.deepEqual(findLacking([{ change: WRITE, cause: unknown }], NO_MEMORY), { qdiscs: [], helpers: [] });
  const memory = rememberLacking(NO_MEMORY, lacking);
  assert.deepEqual([memory.missingQdiscs, memory.missingHelpers], [['sfq'], ['ftp']]);
  assert.deepEqual(findLacking(failures, memory), { qdiscs: [], helpers: [] });
  assert.deepEqual(forgetLacking(rememberTool(memory, 'conntrack', true)), NO_MEMORY);
});

test('a tool is remembered as missing until it is there', () => {
  const missing = rememberTool(NO_MEMORY, 'conntrack', true);
  assert.deepEqual(missing.missingTools, ['conntrack']);
  assert.deepEqual(rememberTool(missing, 'conntrack', true), missing);
  assert.deepEqual(rememberTool(missing, 'conntrack', false), NO_MEMORY);
});

test('the ruleset is remembered that is loaded now, and none when that is not known', () => {
  const memory: Memory = { ...NO_MEMORY, loaded: OLD };
  const table = { loaded: OLD };
  assert.deepEqual(rememberLoaded(memory, table, [], false), memory);
  assert.deepEqual(rememberLoaded(memory, table, [PREPARE, LOAD, CLEAN], false).loaded, NEW);
  assert.deepEqual(rememberLoaded(memory, table, [PREPARE, LOAD, CLEAN], true), NO_MEMORY);
  assert.deepEqual(rememberLoaded(memory, table, [DELETE], false), NO_MEMORY);
  assert.deepEqual(rememberLoaded(memory, { objects: [] }, [], false), NO_MEMORY);
  assert.deepEqual(rememberLoaded(memory, undefined, [], false), NO_MEMORY);
});

test('a sysctl is remembered as long as its device is an uplink, and not restored for ever', async () => {
  const sysctl = (device: string, index: number) => ({ device, index, key: 'rp_filter', before: 1 }) as const;
  const memory = { ...NO_MEMORY, sysctls: [sysctl('eth1', 3), sysctl('eth7', 7)] };
  const config = await sampleConfig('id = 1\nname = "cable"\ndevice = "eth1"');
  assert.deepEqual(
    forgetRestored(memory, config, { ...NOTHING, links: [sampleLink({ device: 'eth1', index: 3 })] }).sysctls,
    [sysctl('eth1', 3)],
  );
});
