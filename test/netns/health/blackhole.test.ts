import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { THREE } from '../balance/uplinks.ts';
import { skip } from '../router.ts';
import { type Hole, watchedLab } from './lab.ts';

const WORLD = `
[health]
targets = "10.99.0.1"
`;

/**
 * Milliseconds in which a line must be out of use, with the defaults, and back; and what a busy machine may add here. The
 * benchmark knows the aim.
 */
const BUSY = 500;
const OUT = 4000 + BUSY;
const BACK = 11_000 + BUSY;

/** A target of the world, and the gateway where none is written. */
const HOLES: readonly { readonly hole: Hole; readonly health: string; readonly what: string }[] = [
  { hole: 'both', health: '', what: 'nothing goes either way' },
  { hole: 'requests', health: WORLD, what: 'nothing arrives at the provider' },
  { hole: 'answers', health: '', what: 'no answer comes back' },
  { hole: 'beyond', health: WORLD, what: 'only the gateway answers' },
];

const mustLeaveAndComeBack = async (t: TestContext, hole: Hole, health: string): Promise<void> => {
  const lab = await watchedLab(t, { uplinks: THREE, policies: health });
  const line = lab.line(1);
  await lab.stream();
  await lab.allAlive();

  const broken = performance.now();
  lab.break(line, hole);
  const { at: dead } = await lab.monitor.says(/^line1: dead/);
  assert.deepEqual(lab.members(), ['w1', 'w2']);
  const entering = lab.watch('udp dport 7007', 'tcp dport 7007');
  const probes = lab.watch('icmp type echo-request');
  assert.ok(dead - broken < OUT, `out of use after ${dead - broken} ms`);

  await sleep(2000);
  const { line1 = 0, ...others } = entering();
  assert.equal(line1, 0, 'packets of connections that entered the dead line');
  for (const [name, count] of Object.entries(others)) assert.ok(count > 50, `${name}: ${count}`);
  // Each line is asked twice a second, by itself.
  for (const [name, count] of Object.entries(probes()))
    assert.ok(count >= 3 && count <= 6, `${name} was probed ${count} times in two seconds`);

  const mended = performance.now();
  lab.mend(line);
  const { at: alive } = await lab.monitor.says(/^line1: up/, mended);
  assert.deepEqual(lab.members(), ['w0', 'w1', 'w2']);
  assert.ok(alive - mended < BACK, `back in use after ${alive - mended} ms`);
  assert.ok(alive - mended > 8000, `back in use after ${alive - mended} ms, before its answers were steady`);
  const again = lab.watch('udp dport 7007');
  await sleep(1000);
  assert.ok((again().line1 ?? 0) > 10, 'it carries new connections again');
  assert.deepEqual(lab.wrongSources(), {});
  t.diagnostic(`out after ${Math.round(dead - broken)} ms, back after ${Math.round(alive - mended)} ms`);
};

describe('a black hole', { concurrency: 5 }, () => {
  for (const { hole, health, what } of HOLES)
    test(`a line is out of use within 4 s and back within 11 s: ${what}`, { skip }, (t) =>
      mustLeaveAndComeBack(t, hole, health),
    );

  test('a storm of events on another line does not make it slower', { skip }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE });
    await lab.allAlive();
    const storm = lab.start(`
      while sleep 0.1; do
        ip addr del 10.65.2.2/24 dev w2; sleep 0.1; ip addr add 10.65.2.2/24 dev w2
      done`);
    storm.stdout?.resume();
    storm.stderr?.resume();
    // Until runs follow each other without a pause.
    await sleep(6000);
    const broken = performance.now();
    lab.break(lab.line(1), 'both');
    const { at: dead } = await lab.monitor.says(/^line1: dead/, broken);
    t.diagnostic(`out after ${Math.round(dead - broken)} ms`);
    assert.ok(dead - broken < OUT, `out of use after ${dead - broken} ms`);
  });
});
