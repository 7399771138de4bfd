import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LineHealth, TargetHealth, Verdict } from '../../../src/model.ts';
import {
  type HealthReport,
  healthDetails,
  monitorLines,
  reportHealth,
  targetLines,
} from '../../../src/report/health.ts';

const target = (fields: Partial<TargetHealth>): TargetHealth => ({
  target: '9.9.9.9',
  health: 'alive',
  reason: '',
  loss: 0,
  rtt: 12.3,
  jitter: 1,
  ...fields,
});

const line = (
  health: LineHealth,
  targets: readonly TargetHealth[],
  more: Partial<HealthReport> = {},
): HealthReport => ({
  health,
  reason: '',
  since: 60,
  loss: 0,
  rtt: 12.3,
  jitter: 1,
  flaps: 0,
  targets,
  ...more,
});

const ALIVE = target({});
const SILENT = target({ health: 'dead', reason: 'no answer', loss: 1, rtt: null, jitter: null });
const PEER = target({
  target: 'gateway',
  health: 'unknown',
  reason: 'has never answered',
  loss: 1,
  rtt: null,
});

test('what the monitor found is reported with its age and without the link that it is about', () => {
  const verdict: Verdict = { ...line('alive', [ALIVE]), id: 1, device: 'eth1', index: 11, since: 940 };
  assert.deepEqual(
    reportHealth(verdict, (at) => 1000 - at),
    line('alive', [ALIVE]),
  );
  assert.equal(
    reportHealth(undefined, (at) => at),
    null,
  );
});

test('a line that is well names only the targets that are not', () => {
  assert.deepEqual(targetLines(line('alive', [ALIVE, SILENT, PEER])), [
    '9.9.9.9: dead, no answer, loss 100 %',
    'gateway: unknown, has never answered',
  ]);
  assert.deepEqual(targetLines(line('alive', [ALIVE])), []);
  assert.deepEqual(targetLines(null), []);
});

test('a line that is not well names every target with what was measured', () => {
  for (const health of ['degraded', 'dead', 'unknown'] as const)
    assert.deepEqual(targetLines(line(health, [ALIVE, SILENT])), [
      '9.9.9.9: alive, loss 0 %, 12 ms',
      '9.9.9.9: dead, no answer, loss 100 %',
    ]);
});

test('a line that flaps is said to, and jitter where it was measured', () => {
  assert.deepEqual(healthDetails(null), []);
  assert.deepEqual(healthDetails(line('alive', [], { jitter: null })), []);
  assert.deepEqual(healthDetails(line('alive', [], { flaps: 1 })), ['jitter 1.0 ms', 'flapped once lately']);
  assert.deepEqual(healthDetails(line('dead', [], { jitter: null, flaps: 3 })), ['flapped 3 times lately']);
});

test('one line says whether a monitor runs, and none where that may not be seen', () => {
  assert.deepEqual(monitorLines({ pid: 1234, left: [] }, [line('alive', [ALIVE, SILENT]), null]), [
    'health checks: monitor 1234, 2 targets',
  ]);
  assert.deepEqual(monitorLines({ pid: 1234, left: [] }, [line('alive', [ALIVE])]), [
    'health checks: monitor 1234, 1 target',
  ]);
  assert.deepEqual(monitorLines(null, []), ['no monitor runs: lines that are up but dead are not noticed']);
  assert.deepEqual(monitorLines(undefined, []), []);
});
