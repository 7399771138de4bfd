import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds, 30 s at most. */
export const until = async (what: string, holds: () => boolean): Promise<void> => {
  const started = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - started < 30_000, `not within 30 s: ${what}`);
    await sleep(25);
  }
};
