import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICE_FILE } from '../../src/install/files.ts';
import { createSupervisor } from '../../src/monitor/systemd.ts';
import { temporaryFolder } from '../unit/install/program-folder.ts';
import { cannotRun, installedMachine, runOn, textOf } from './installed-machine.ts';

// What systemd's own tools say of the unit, and of what the monitor tells systemd. With systemd itself: test/vm.

const skip = cannotRun() || (existsSync('/usr/bin/systemd-analyze') ? false : 'no systemd-analyze');

test('systemd finds nothing to complain about in the installed unit', { skip }, () => {
  const verify = `systemd-analyze verify --man=no --recursive-errors=no ${SERVICE_FILE}`;
  const root = installedMachine();
  assert.deepEqual(runOn(root, verify), { status: 0, output: '' });
  // A tool that cannot look says nothing, too.
  runOn(root, `echo Nonsense=1 >>${SERVICE_FILE}`);
  assert.match(runOn(root, verify).output, /Nonsense/);
});

test('the sandbox leaves an exposure of 3.0 of 10 or less', { skip }, () => {
  const root = installedMachine();
  const { status, output } = runOn(
    root,
    `systemd-analyze security --offline=true --no-pager --threshold=30 ${SERVICE_FILE}`,
  );
  assert.match(output, /Overall exposure level for mlb-hooks\.service: [12]\.\d|: 3\.0 /);
  assert.equal(status, 0, output);
});

test('the unit runs what is installed, and nothing below the folder it came from', { skip }, () => {
  const unit = textOf(installedMachine(), SERVICE_FILE);
  const programs = [...unit.matchAll(/^Exec\w+=(\S+)/gm)].map(([, program]) => program);
  assert.deepEqual(programs, ['/usr/local/sbin/mlb-hooks', '/bin/sh', '/usr/local/sbin/mlb-hooks']);
});

const noTool = existsSync('/usr/bin/systemd-notify') ? false : 'no systemd-notify';

test('what the monitor says arrives at the socket that systemd names', { skip: noTool }, async (t) => {
  const folder = temporaryFolder();
  const [socket, heard] = [join(folder, 'notify'), join(folder, 'heard')];
  // It reads, and drops the descriptor with which the tool learns that it was heard.
  const listener = ['--datagram', '-l', socket, 'sh', '-c', `exec cat <&3 >${heard}`];
  const systemd = spawn('systemd-socket-activate', listener, { stdio: 'ignore' });
  t.after(() => systemd.kill());
  await until(() => existsSync(socket));
  const problems: string[] = [];
  const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000' };
  const supervisor = createSupervisor((line) => problems.push(line), environment);
  supervisor.ready('dsl1 up');
  supervisor.alive();
  await until(() => existsSync(heard) && readFileSync(heard, 'utf8').includes('WATCHDOG=1'));
  assert.match(readFileSync(heard, 'utf8'), /^READY=1\nSTATUS=dsl1 up.*WATCHDOG=1/s);

  systemd.kill();
  await once(systemd, 'exit');
  supervisor.status('dsl1 down');
  await until(() => problems.length > 0);
  assert.match(problems[0] ?? '', /^systemd-notify STATUS=dsl1 down: .*(refused|No such file)/);
});

const until = async (condition: () => boolean): Promise<void> => {
  const begun = performance.now();
  while (!condition()) {
    if (performance.now() - begun > 10_000) assert.fail(`waited 10 s for ${condition}`);
    await sleep(10);
  }
};
