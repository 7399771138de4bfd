import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolResult } from '../../../src/model.ts';
import { createSupervisor } from '../../../src/monitor/systemd.ts';
import { NOT_FOUND } from '../../../src/system/runner.ts';

const DONE: ToolResult = { status: 0, stdout: '', stderr: '' };

/** A systemd that keeps messages waiting until it is told what becomes of them. */
const fakeSystemd = () => {
  const messages: (readonly string[])[] = [];
  const answers: ((result: ToolResult) => void)[] = [];
  const problems: string[] = [];
  return {
    messages,
    problems,
    onProblem: (line: string) => problems.push(line),
    send: (assignments: readonly string[]) => {
      messages.push(assignments);
      return new Promise<ToolResult>((resolve) => answers.push(resolve));
    },
    /** Ends the message that is on its way. */
    answer: async (result = DONE) => {
      answers.shift()?.(result);
      await sleep(1);
    },
  };
};

const SOCKET = { NOTIFY_SOCKET: '/run/systemd/notify' };

test('readiness and status go in one message, and only one message is on its way', async () => {
  const { messages, onProblem, send, answer } = fakeSystemd();
  const supervisor = createSupervisor(onProblem, SOCKET, send);
  supervisor.ready('2 of 2 uplinks up');
  supervisor.status('1 of 2 uplinks up');
  supervisor.status('0 of 2 uplinks up');
  supervisor.reloading();
  supervisor.stopping();
  assert.deepEqual(messages, [['READY=1', 'STATUS=2 of 2 uplinks up']]);
  await answer();
  assert.deepEqual(messages.slice(1), [['STATUS=0 of 2 uplinks up', 'STOPPING=1']]);
  await answer();
  assert.equal(messages.length, 2);
});

test('a status is one line, whatever is in it', () => {
  const { messages, onProblem, send } = fakeSystemd();
  createSupervisor(onProblem, SOCKET, send).status(`down\nREADY=1${'x'.repeat(1000)}`);
  assert.equal(messages[0]?.length, 1);
  assert.match(messages[0]?.[0] ?? '', /^STATUS=down READY=1x{187}…$/);
});

test('without systemd nothing is started', () => {
  for (const environment of [{}, { NOTIFY_SOCKET: '' }]) {
    const { messages, onProblem, send } = fakeSystemd();
    const supervisor = createSupervisor(onProblem, { ...environment, WATCHDOG_USEC: '3000' }, send);
    supervisor.ready('fine');
    supervisor.reloading();
    supervisor.alive();
    supervisor.stopping();
    assert.deepEqual(messages, []);
  }
});

test('a sign of life goes out three times per deadline, however often the loop turns', async (t) => {
  const { messages, onProblem, send, answer } = fakeSystemd();
  let now = 5000;
  t.mock.method(performance, 'now', () => now);
  const supervisor = createSupervisor(onProblem, { ...SOCKET, WATCHDOG_USEC: '300000' }, send);
  const sent: number[] = [];
  for (; now < 5300; now += 10) {
    const before = messages.length;
    supervisor.alive();
    if (messages.length > before) sent.push(now);
    await answer();
  }
  assert.deepEqual(sent, [5000, 5100, 5200]);
  assert.deepEqual(messages, [['WATCHDOG=1'], ['WATCHDOG=1'], ['WATCHDOG=1']]);
});

test('no sign of life goes out where systemd waits for none, or for that of another process', () => {
  const others = [{}, { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }, { WATCHDOG_USEC: 'never' }];
  for (const environment of others) {
    const { messages, onProblem, send } = fakeSystemd();
    createSupervisor(onProblem, { ...SOCKET, ...environment }, send).alive();
    assert.deepEqual(messages, []);
  }
  const { messages, onProblem, send } = fakeSystemd();
  const environment = { ...SOCKET, WATCHDOG_USEC: '30000000', WATCHDOG_PID: `${process.pid}` };
  createSupervisor(onProblem, environment, send).alive();
  assert.deepEqual(messages, [['WATCHDOG=1']]);
});

test('what could not be sent goes with the next message, and the problem is said once', async () => {
  const { messages, problems, onProblem, send, answer } = fakeSystemd();
  const supervisor = createSupervisor(onProblem, SOCKET, send);
  supervisor.ready('fine');
  await answer(NOT_FOUND);
  supervisor.status('better');
  await answer({ status: 1, stdout: '', stderr: 'Connection refused' });
  supervisor.reloading();
  await answer();
  assert.deepEqual(messages, [
    ['READY=1', 'STATUS=fine'],
    ['READY=1', 'STATUS=better'],
    ['RELOADING=1', 'STATUS=better'],
  ]);
  assert.equal(problems.length, 1);
  assert.match(
    problems[0] ?? '',
    /^systemd-notify READY=1 STATUS=fine: not found .*; install the Debian package systemd$/,
  );
});
