import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uptime } from '../../../src/probes/clock.ts';
import { readUptime } from '../../../src/system/sysctl.ts';

test('the clock between two readings of /proc/uptime agrees with the file, and goes on', async () => {
  for (let round = 0; round < 15; round += 1) {
    const before = uptime();
    const difference = readUptime() - before;
    assert.ok(Math.abs(difference) < 0.1, String(difference));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(uptime() - before > 0.08);
  }
});
