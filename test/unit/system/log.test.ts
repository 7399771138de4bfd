import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openLog } from '../../../src/system/log.ts';
import { freshDir } from './lock-children.ts';

const linesOf = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('one JSON object a line: level, ISO time, fields, message; no pid, no host name', () => {
  const file = `${freshDir()}/log`;
  const log = openLog({ level: 'info', file });
  log.info({ uplink: 'dsl1', ms: 12 }, 'applied 3 changes');
  log.error({}, 'failed');
  assert.equal(log.failed(), undefined);
  log.close();
  const [first = {}, second = {}] = linesOf(file);
  assert.deepEqual(Object.keys(first), ['level', 'time', 'uplink', 'ms', 'msg']);
  assert.equal(new Date(String(first.time)).toISOString(), first.time);
  assert.deepEqual(
    { ...first, time: 0 },
    { level: 'info', time: 0, uplink: 'dsl1', ms: 12, msg: 'applied 3 changes' },
  );
  assert.equal(second.level, 'error');
});

test('the level is the least that is written', () => {
  const file = `${freshDir()}/log`;
  const log = openLog({ level: 'warn', file });
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({}, level);
  assert.deepEqual(
    linesOf(file).map((line) => line.msg),
    ['warn', 'error'],
  );
});

test('strings of remotes cannot forge lines or move the cursor, nor fill places of a message', () => {
  const file = `${freshDir()}/log`;
  openLog({ level: 'info', file }).info({ peer: 'a\u009b2J\nb' }, 'said %d%%\u001b by %s');
  const [line] = linesOf(file);
  assert.equal(line?.peer, 'a2J b');
  assert.equal(line?.msg, 'said %d%% by %s');
});

test('a new log has mode 0640 under umask 077; one that is there keeps its mode and its lines', () => {
  const file = `${freshDir()}/log`;
  const before = process.umask(0o077);
  openLog({ level: 'info', file }).info({}, 'one');
  process.umask(before);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  const kept = `${freshDir()}/log`;
  writeFileSync(kept, '{"msg":"zero"}\n', { mode: 0o600 });
  openLog({ level: 'info', file: kept }).info({}, 'one');
  assert.equal(statSync(kept).mode & 0o777, 0o600);
  assert.deepEqual(
    linesOf(kept).map((line) => line.msg),
    ['zero', 'one'],
  );
});

test('a line is in the file when the call returns', () => {
  const file = `${freshDir()}/log`;
  const log = openLog({ level: 'info', file });
  log.info({}, 'one');
  assert.equal(linesOf(file).length, 1);
});

const failureOn = (file: string, lines: number): string | undefined => {
  const log = openLog({ level: 'info', file });
  for (let line = 0; line < lines; line += 1) log.info({}, 'x');
  const failed = log.failed();
  log.close();
  return failed;
};

test('a full disk loses lines and nothing else', () => {
  const cause = 'ENOSPC: no space left on device, write; free some space there';
  assert.equal(failureOn('/dev/full', 1), `/dev/full: 1 line not logged: ${cause}`);
  assert.equal(failureOn('/dev/full', 3), `/dev/full: 3 lines not logged: ${cause}`);
});

test('a missing directory, a directory, a link: said once, with the remedy', () => {
  const dir = freshDir();
  assert.equal(
    failureOn('/nowhere/x.log', 2),
    "/nowhere/x.log: the log cannot be opened: ENOENT: no such file or directory, open '/nowhere/x.log'; make its directory",
  );
  assert.equal(
    failureOn(dir, 2),
    `${dir}: the log cannot be opened: EISDIR: illegal operation on a directory, open '${dir}'; check ${dir}`,
  );
  symlinkSync('/dev/null', `${dir}/link`);
  assert.match(failureOn(`${dir}/link`, 1) ?? '', /: ELOOP: .*; replace the symbolic link by a file$/);
});

test('a pipe that nobody reads does not stop a hook', () => {
  const fifo = `${freshDir()}/fifo`;
  spawnSync('mkfifo', [fifo]);
  assert.match(failureOn(fifo, 1) ?? '', /ENXIO/);
});

test('nothing fails for who logs nothing', () => {
  const log = openLog({ level: 'off', file: '/nowhere/x.log' });
  log.error({}, 'x');
  assert.equal(log.failed(), undefined);
  log.close();
});

test('a closed log is silent, also twice', () => {
  const file = `${freshDir()}/log`;
  const log = openLog({ level: 'info', file });
  log.close();
  log.close();
  log.info({}, 'late');
  assert.equal(readFileSync(file, 'utf8'), '');
  assert.equal(log.failed(), undefined);
  rmSync(file);
});

test('warnings and errors are printed for a person who asked for them', (t) => {
  const printed: unknown[] = [];
  t.mock.method(process.stderr, 'write', (text: unknown) => printed.push(text));
  const log = openLog({ level: 'off', stderr: true });
  log.info({}, 'all is well');
  log.warn({}, 'low\u0007 disk');
  log.error({}, 'no disk');
  t.mock.restoreAll();
  assert.deepEqual(printed, ['warning: low disk\n', 'error: no disk\n']);
});
