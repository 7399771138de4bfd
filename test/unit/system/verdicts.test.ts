import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Verdict } from '../../../src/model.ts';
import {
  type Findings,
  readEarlier,
  readFindings,
  readVerdicts,
  retireFindings,
  runningMonitor,
  writeFindings,
} from '../../../src/system/verdicts.ts';

const VERDICT: Verdict = {
  id: 3,
  device: 'eth1',
  index: 11,
  health: 'dead',
  reason: 'no answer from 9.9.9.9',
  since: 90.5,
  gateway: '192.0.2.1',
  flaps: 1,
  loss: 1,
  rtt: null,
  jitter: null,
  targets: [
    { target: '9.9.9.9', health: 'dead', reason: 'no answer', loss: 1, rtt: null, jitter: null },
    { target: 'gateway', health: 'alive', reason: '', loss: 0, rtt: 0.4, jitter: 0.1 },
  ],
};

const findings = (fields: Partial<Findings> = {}): Findings => ({
  pid: process.pid,
  until: 115,
  verdicts: [VERDICT],
  left: ['rule priority 20900: somebody undid it'],
  ...fields,
});

const folder = (t: TestContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'mlb-hooks-verdicts-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
};

/** A process id that nobody has any more. */
const ended = (): number => spawnSync('true').pid;

test('what the monitor writes is what others read', (t) => {
  const dir = folder(t);
  writeFindings(findings(), dir);
  assert.deepEqual(readFindings(100, dir), findings());
  assert.deepEqual([...readVerdicts(100, dir)], [[3, VERDICT]]);
});

test('its file is for root alone, and leaves nothing beside it', (t) => {
  const dir = folder(t);
  writeFindings(findings(), dir);
  assert.equal(statSync(join(dir, 'verdicts.json')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dir), ['verdicts.json']);
});

test('from the second on at which it expires nobody believes it', (t) => {
  const dir = folder(t);
  writeFindings(findings({ until: 115 }), dir);
  assert.equal(readVerdicts(114.9, dir).size, 1);
  assert.equal(readVerdicts(115, dir).size, 0);
});

test('a word that is ended is no word, and the next monitor learns from it', (t) => {
  const dir = folder(t);
  assert.equal(readFindings(100, dir), undefined);
  retireFindings(dir);
  assert.deepEqual(readEarlier(100, dir), { verdicts: new Map(), isBelieved: false });
  writeFindings(findings(), dir);
  assert.deepEqual(readEarlier(100, dir), { verdicts: new Map([[3, VERDICT]]), isBelieved: true });
  retireFindings(dir);
  assert.equal(readFindings(100, dir), undefined);
  assert.deepEqual(readEarlier(100, dir), { verdicts: new Map([[3, VERDICT]]), isBelieved: false });
});

test('the next monitor learns from a word that has expired, too', (t) => {
  const dir = folder(t);
  writeFindings(findings({ until: 50 }), dir);
  assert.deepEqual(readEarlier(100, dir), { verdicts: new Map([[3, VERDICT]]), isBelieved: false });
});

for (const [what, text] of [
  ['cut short', '{"pid": 1, "until": 1'],
  ['no object', '[]'],
  ['without an end', JSON.stringify({ pid: 1, verdicts: [VERDICT] })],
  ['with an end that is text', JSON.stringify({ ...findings(), until: '115' })],
] as const)
  test(`a file ${what} is no word at all`, (t) => {
    const dir = folder(t);
    writeFileSync(join(dir, 'verdicts.json'), text);
    assert.equal(readFindings(0, dir), undefined);
  });

test('a broken verdict is left out, and the others count', (t) => {
  const dir = folder(t);
  const broken = [
    { ...VERDICT, id: 'three' },
    { ...VERDICT, health: 'well' },
    null,
    { ...VERDICT, index: 0 },
  ];
  writeFileSync(
    join(dir, 'verdicts.json'),
    JSON.stringify({ ...findings(), verdicts: [...broken, { ...VERDICT, id: 4 }] }),
  );
  assert.deepEqual([...readVerdicts(100, dir).keys()], [4]);
});

test('another monitor runs if its process does, and its word holds', (t) => {
  const dir = folder(t);
  writeFindings(findings({ pid: process.ppid }), dir);
  assert.equal(runningMonitor(100, dir), process.ppid);
  assert.equal(runningMonitor(200, dir), undefined);
  writeFindings(findings(), dir);
  assert.equal(runningMonitor(100, dir), undefined, 'this process is no other');
  writeFindings(findings({ pid: ended() }), dir);
  assert.equal(runningMonitor(100, dir), undefined, 'a process that has ended does not run');
});
