import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { LinkEvent } from '../../../src/model.ts';
import { isSpooled, readSpool, removeSpooled, spoolEvent, sweepSpool } from '../../../src/system/spool.ts';
import { freshDir } from './lock-children.ts';

const UP: LinkEvent = { source: 'pppd', phase: 'up', device: 'ppp0' };
const DOWN: LinkEvent = {
  source: 'pppd',
  phase: 'down',
  device: 'ppp0',
  index: 7,
  address: '198.51.100.7',
  gateway: '192.0.2.1',
  pppd: 4711,
  session: { seconds: 60, sent: 1, received: 0 },
};

/** Puts text where an event would be. */
const plant = (runDir: string, text: string, name = '00000000000000000001-1.json'): void => {
  mkdirSync(`${runDir}/events`, { recursive: true });
  writeFileSync(`${runDir}/events/${name}`, text);
};

const planted = (text: string): unknown => {
  const runDir = freshDir();
  plant(runDir, text);
  return readSpool(runDir)[0]?.event;
};

test('events come back whole and in the order of time', () => {
  const runDir = freshDir();
  const ids = [UP, DOWN, UP].map((event) => spoolEvent(event, runDir));
  assert.deepEqual(
    readSpool(runDir),
    [UP, DOWN, UP].map((event, turn) => ({ id: ids[turn], event })),
  );
});

test('an event waits until it is removed', () => {
  const runDir = freshDir();
  const id = spoolEvent(UP, runDir);
  const other = spoolEvent(DOWN, runDir);
  assert.equal(isSpooled(id, runDir), true);
  assert.deepEqual(removeSpooled([id, 'gone-already'], runDir), []);
  assert.equal(isSpooled(id, runDir), false);
  assert.deepEqual(
    readSpool(runDir).map((spooled) => spooled.id),
    [other],
  );
});

test('order is by number of nanoseconds, not by process id', () => {
  const runDir = freshDir();
  plant(runDir, JSON.stringify(UP), '00000000000000000009-1.json');
  plant(runDir, JSON.stringify(DOWN), '00000000000000000010-1.json');
  plant(runDir, JSON.stringify(UP), '00000000000000000008-99999.json');
  assert.deepEqual(
    readSpool(runDir).map((spooled) => spooled.id),
    ['00000000000000000008-99999', '00000000000000000009-1', '00000000000000000010-1'],
  );
});

test('an empty or missing spool is no event', () => {
  const runDir = freshDir();
  assert.deepEqual(readSpool(runDir), []);
  assert.equal(sweepSpool(runDir), 0);
  assert.equal(isSpooled('x', runDir), false);
});

test('the spool is for us alone', () => {
  const runDir = `${freshDir()}/run`;
  const id = spoolEvent(UP, runDir);
  assert.equal(statSync(runDir).mode & 0o777, 0o700);
  assert.equal(statSync(`${runDir}/events`).mode & 0o777, 0o700);
  assert.equal(statSync(`${runDir}/events/${id}.json`).mode & 0o777, 0o600);
});

const GARBAGE = [
  '',
  '{"source":"pppd","pha',
  'null',
  '[]',
  '"up"',
  '{}',
  '{"source":"udev","phase":"up","device":"ppp0"}',
  '{"source":"pppd","phase":"sideways","device":"ppp0"}',
  '{"source":"pppd","phase":"up","device":"a/b"}',
  '{"source":"pppd","phase":"up","device":".."}',
  '{"source":"pppd","phase":"up","device":"sixteen-letters-"}',
  '{"source":"pppd","phase":"up","device":"x\\u001b"}',
  '{"source":"pppd","phase":"up","device":7}',
];

for (const text of GARBAGE) {
  test(`no event, and swept away: ${text}`, () => {
    const runDir = freshDir();
    plant(runDir, text);
    const id = spoolEvent(UP, runDir);
    assert.deepEqual(readSpool(runDir), [{ id, event: UP }]);
    assert.equal(sweepSpool(runDir), 1);
    assert.deepEqual(readdirSync(`${runDir}/events`), [`${id}.json`]);
  });
}

test('a part that is not what it should be is left out of its event', () => {
  const optional = {
    index: -1,
    address: '1.2.3.4; reboot',
    gateway: 5,
    pppd: '4711',
    session: { seconds: 1, sent: -1, received: 2 },
    other: 'unknown',
  };
  assert.deepEqual(planted(JSON.stringify({ ...UP, ...optional })), UP);
  assert.deepEqual(planted(JSON.stringify({ ...UP, index: 1.5, session: null })), UP);
  assert.deepEqual(planted(JSON.stringify(DOWN)), DOWN);
});

test('index 0, a device that was gone already, is kept', () => {
  assert.deepEqual(planted(JSON.stringify({ ...UP, index: 0 })), { ...UP, index: 0 });
});

test('half-written files are left to a living writer for a minute, then swept away', () => {
  const runDir = freshDir();
  const now = process.hrtime.bigint();
  const name = (time: bigint) => `${String(time).padStart(20, '0')}-5.tmp`;
  const [young, old, future] = [name(now), name(now - 61_000_000_000n), name(now + 3_600_000_000_000n)];
  for (const file of [young, old, future, 'README']) plant(runDir, '{', file);
  assert.deepEqual(readSpool(runDir), []);
  assert.equal(sweepSpool(runDir), 3);
  assert.deepEqual(readdirSync(`${runDir}/events`), [young]);
});

test('an event that cannot be spooled is a message, and leaves nothing behind', () => {
  assert.throws(() => spoolEvent(UP, '/proc/self/nowhere/run'), {
    name: 'UserError',
    message: /^\/proc\/self\/nowhere\/run: cannot be made: ENOENT: .*; make its parent directory$/,
  });
  const runDir = freshDir();
  symlinkSync('/proc', `${runDir}/events`);
  assert.throws(() => spoolEvent(UP, runDir), {
    name: 'UserError',
    message:
      /events\/[0-9]{20}-[0-9]+\.json: the event cannot be spooled: ENOENT: .*; check the space left there; an event that comes while another hook works may be lost until then$/,
  });
});
