import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetService, retireService, settleService } from '../../../src/install/service.ts';
import type { ToolResult } from '../../../src/model.ts';

const DONE: ToolResult = { status: 0, stdout: '', stderr: '' };
const REFUSED: ToolResult = { status: 1, stdout: '', stderr: 'Failed to do it\n' };

/** A systemd that refuses these verbs, and what it was asked. */
const fakeSystemd = (...refused: readonly string[]) => {
  const asked: string[] = [];
  const run = (tool: string, args: readonly string[]): ToolResult => {
    asked.push([tool, ...args].join(' '));
    return refused.includes(args[0] ?? '') ? REFUSED : DONE;
  };
  return { asked, isRunning: () => true, run };
};

test('a new unit is read, neither enabled nor started, and the operator is told how to', () => {
  const systemd = fakeSystemd();
  assert.deepEqual(settleService(false, systemd), [
    'mlb-hooks.service: health checks and watch begin with: systemctl enable --now mlb-hooks',
  ]);
  assert.deepEqual(systemd.asked, ['systemctl daemon-reload']);
});

test('an upgrade restarts a monitor that runs, and says so', () => {
  const systemd = fakeSystemd();
  assert.deepEqual(settleService(true, systemd), ['mlb-hooks.service: restarted']);
  assert.equal(systemd.asked.at(-1), 'systemctl try-restart mlb-hooks.service');
});

test('an upgrade starts no monitor that does not run', () => {
  const systemd = fakeSystemd('is-active');
  assert.deepEqual(settleService(true, systemd), []);
  assert.ok(!systemd.asked.some((line) => line.includes('restart')), systemd.asked.join('\n'));
});

test('what systemd refuses is said with its cause, and fails no install', () => {
  assert.deepEqual(settleService(true, fakeSystemd('try-restart')), [
    'mlb-hooks.service: not restarted: systemctl try-restart mlb-hooks.service: Failed to do it',
  ]);
  assert.deepEqual(settleService(false, fakeSystemd('daemon-reload')), [
    'mlb-hooks.service: systemd did not read it again: systemctl daemon-reload: Failed to do it',
  ]);
  assert.deepEqual(forgetService(fakeSystemd('daemon-reload')), [
    'mlb-hooks.service: systemd did not forget it: systemctl daemon-reload: Failed to do it',
  ]);
});

test('uninstall stops a monitor that runs, takes it out of the boot, and goes no further if it cannot', () => {
  const systemd = fakeSystemd();
  assert.deepEqual(retireService(systemd), ['mlb-hooks.service: stopped']);
  assert.equal(systemd.asked.at(-1), 'systemctl disable --now --quiet mlb-hooks.service');
  assert.deepEqual(retireService(fakeSystemd('is-active')), []);
  assert.throws(() => retireService(fakeSystemd('disable')), {
    name: 'UserError',
    message:
      'mlb-hooks.service: not stopped: systemctl disable --now --quiet mlb-hooks.service: Failed to do it; ' +
      'stop it, then run uninstall again',
  });
});

test('where no systemd runs nothing is asked of it', () => {
  const systemd = { ...fakeSystemd(), isRunning: () => false };
  assert.deepEqual(
    [settleService(false, systemd), retireService(systemd), forgetService(systemd)],
    [[], [], []],
  );
  assert.deepEqual(systemd.asked, []);
});
