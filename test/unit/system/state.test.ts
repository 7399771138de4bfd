import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Memory } from '../../../src/model.ts';
import { loadMemory, saveMemory } from '../../../src/system/state.ts';
import { NO_MEMORY } from '../../helpers/samples.ts';
import { freshDir } from './lock-children.ts';

const EMPTY = NO_MEMORY;
const FULL: Memory = {
  uplinks: {
    dsl1: {
      device: 'ppp0',
      veto: { index: 7, address: '198.51.100.7' },
      pppd: 4711,
      gateway: { address: '192.0.2.1', index: 7, local: '192.0.2.2' },
      session: { seconds: 60, sent: 1, received: 0 },
      refused: { gateway: '192.0.2.1', cause: 'no', index: 7, addresses: ['192.0.2.2/24'], at: 12.2 },
      status: 'no-address',
      since: 12.34,
      addresses: ['198.51.100.7', '2001:db8::1'],
      smallMtu: 1492,
      lastEvent: { source: 'pppd', phase: 'down', at: 12.3 },
    },
    // As it was before a refusal was bound to a link.
    cable: { device: 'eth1', veto: { index: 3 }, refused: { gateway: '192.0.2.1', cause: 'no' } },
  },
  sysctls: [{ device: 'ppp0', index: 7, key: 'rp_filter', before: 1 }],
  missingQdiscs: ['sfq'],
  missingHelpers: ['netbios-ns'],
  missingTools: ['conntrack'],
  loaded: { build: '0123456789abcdef', living: [1, 62] },
};

/** What is loaded after `text` was put into the state file. */
const loaded = (text: string) => {
  const runDir = freshDir();
  writeFileSync(`${runDir}/state.json`, text);
  const { memory, rebuilt } = loadMemory(runDir);
  return { memory, rebuilt: rebuilt?.replaceAll(runDir, 'DIR') };
};

test('what was saved is loaded', () => {
  const runDir = freshDir();
  assert.equal(saveMemory(FULL, runDir), true);
  assert.deepEqual(loadMemory(runDir), { memory: FULL });
  assert.equal(statSync(`${runDir}/state.json`).mode & 0o777, 0o600);
});

test('nothing is written when nothing changed', () => {
  const runDir = freshDir();
  saveMemory(FULL, runDir);
  const before = statSync(`${runDir}/state.json`).ino;
  assert.equal(saveMemory(structuredClone(FULL), runDir), false);
  assert.equal(statSync(`${runDir}/state.json`).ino, before);
  assert.equal(saveMemory(EMPTY, runDir), true);
  assert.deepEqual(loadMemory(runDir), { memory: EMPTY });
});

test('a new directory has an empty memory, without complaint', () => {
  assert.deepEqual(loadMemory(freshDir()), { memory: EMPTY });
  assert.deepEqual(loadMemory(`${freshDir()}/none`), { memory: EMPTY });
});

test('a state file that vanished is said', () => {
  const runDir = freshDir();
  saveMemory(FULL, runDir);
  rmSync(`${runDir}/state.json`);
  assert.deepEqual(loadMemory(runDir), {
    memory: EMPTY,
    rebuilt: `${runDir}/state.json: is gone since it was last written; went on without it`,
  });
  saveMemory(EMPTY, runDir);
  assert.deepEqual(loadMemory(runDir), { memory: EMPTY });
});

test('without a usable state file the persisted words hold, and with one they do not', () => {
  const words = freshDir();
  const file = `${words}/words.json`;
  writeFileSync(file, '{"1":{"device":"ppp0","word":"disabled"}}');
  const persisted = { ...EMPTY, uplinks: { 1: { device: 'ppp0', word: 'disabled' } } };
  const runDir = freshDir();
  assert.deepEqual(loadMemory(runDir, file), { memory: persisted });
  const enabled = { ...EMPTY, uplinks: { 1: { device: 'ppp0' } } };
  saveMemory(enabled, runDir);
  assert.deepEqual(loadMemory(runDir, file), { memory: enabled });
  saveMemory(EMPTY, runDir);
  assert.deepEqual(loadMemory(runDir, file), { memory: EMPTY });
  for (const [text, lost] of [
    ['{', 'is not JSON, or cut short'],
    ['[]', 'is not a JSON object'],
  ] as const) {
    writeFileSync(`${runDir}/state.json`, text);
    assert.deepEqual(loadMemory(runDir, file), {
      memory: persisted,
      rebuilt: `${runDir}/state.json: ${lost}; went on without it`,
    });
  }
  rmSync(`${runDir}/state.json`);
  assert.deepEqual(loadMemory(runDir, file).memory, persisted);
});

test('a file of words that is broken is said beside a lost state file', () => {
  const runDir = freshDir();
  mkdirSync(`${runDir}/words`);
  writeFileSync(`${runDir}/state.json`, '{');
  writeFileSync(`${runDir}/words/words.json`, '');
  assert.equal(
    loadMemory(runDir, `${runDir}/words/words.json`).rebuilt,
    [`${runDir}/state.json`, `${runDir}/words/words.json`]
      .map((path) => `${path}: is not JSON, or cut short; went on without it`)
      .join('; '),
  );
});

test('truncated, garbage and wrong shapes are an empty memory, with the reason', () => {
  const reason = (text: string) => {
    const { memory, rebuilt } = loaded(text);
    assert.deepEqual(memory, EMPTY);
    return rebuilt;
  };
  const cut = JSON.stringify(FULL).slice(0, 200);
  assert.equal(reason(cut), 'DIR/state.json: is not JSON, or cut short; went on without it');
  assert.equal(reason(''), 'DIR/state.json: is not JSON, or cut short; went on without it');
  assert.equal(reason('\u0000\u0001'), 'DIR/state.json: is not JSON, or cut short; went on without it');
  assert.equal(reason('[]'), 'DIR/state.json: is not a JSON object; went on without it');
  assert.equal(
    reason('{"uplinks":[],"sysctls":{},"missingQdiscs":"sfq","loaded":{"build":"aa","living":[1,"2"]}}'),
    'DIR/state.json: "uplinks" is broken, "sysctls" is broken, "missingQdiscs" is broken, "loaded" is broken; went on without it',
  );
});

test('what is valid is kept beside what is broken', () => {
  const { dsl1, cable } = FULL.uplinks;
  const broken = {
    uplinks: {
      dsl1: { ...dsl1, pppd: 'x', veto: { index: 7, address: 'nobody' }, since: -1, addresses: ['::1', 5] },
      cable,
      lte: { device: '' },
    },
    sysctls: [{ device: 'ppp0', index: 0, key: 'rp_filter', before: 1 }, ...FULL.sysctls, 5],
    missingQdiscs: ['sfq', 'a b'],
    missingHelpers: ['netbios-ns', 7],
    missingTools: ['conntrack'],
    loaded: FULL.loaded,
    unknown: true,
  };
  const { memory, rebuilt } = loaded(JSON.stringify(broken));
  const { pppd: _pppd, veto: _veto, since: _since, addresses: _addresses, ...kept } = dsl1 ?? { device: '' };
  assert.deepEqual(memory, { ...FULL, uplinks: { dsl1: kept, cable } });
  const parts = [
    '"veto" of uplink "dsl1"',
    '"pppd" of uplink "dsl1"',
    '"since" of uplink "dsl1"',
    '"addresses" of uplink "dsl1"',
    '"device" of uplink "lte"',
    'uplink "lte"',
    'a sysctl to restore',
    'a sysctl to restore',
    'a missing qdisc',
    'a missing helper',
  ];
  const text = parts.map((part) => `${part} is broken`).join(', ');
  assert.equal(rebuilt, `DIR/state.json: ${text}; went on without it`);
});

test('unknown keys of a newer version are ignored', () => {
  assert.deepEqual(loaded(JSON.stringify({ ...FULL, health: {} })), { memory: FULL, rebuilt: undefined });
});

test('a name like __proto__ is a name', () => {
  const { memory } = loaded('{"uplinks":{"__proto__":{"device":"ppp0"}}}');
  assert.deepEqual(Object.keys(memory.uplinks), ['__proto__']);
});

test('a memory that cannot be written is a message, and the old one stays whole', () => {
  assert.throws(() => saveMemory(FULL, '/proc/self/nowhere/run'), {
    name: 'UserError',
    message: /^\/proc\/self\/nowhere\/run: cannot be made: /,
  });
  assert.throws(() => saveMemory(FULL, '/proc/self/fd'), {
    name: 'UserError',
    message:
      /^\/proc\/self\/fd\/state\.json: cannot be written: .*; check the space left there; vetoes, what drain and disable said, and the sysctls to restore are not remembered until then$/,
  });
  const runDir = freshDir();
  saveMemory(EMPTY, runDir);
  assert.match(readFileSync(`${runDir}/state.json`, 'utf8'), /\n$/);
});
