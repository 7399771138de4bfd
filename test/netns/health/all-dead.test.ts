import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { flows, sharesOf } from '../balance/flows.ts';
import { THREE } from '../balance/uplinks.ts';
import { statesOf } from '../hook-tools.ts';
import { skip } from '../router.ts';
import { QUICK, until, type WatchedLab, watchedLab } from './lab.ts';

/** The world is there, but what is probed is not. */
const breakTargets = (lab: WatchedLab): void => {
  for (const uplink of lab.uplinks) lab.breakWhere(uplink, 'ip daddr 10.99.0.1');
};

const allDead = (lab: WatchedLab): Promise<unknown> =>
  until('all lines dead', lab.healths, (seen) => seen.every((health) => health === 'dead'));

const members = (lab: WatchedLab, expected: string): Promise<unknown> =>
  until(`balance over ${expected}`, lab.members, (seen) => seen.join() === expected);

describe('no line answers', { concurrency: 2 }, () => {
  test('the last good set stays in use, until a line answers again', { skip }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE, policies: QUICK });
    await lab.allAlive();
    breakTargets(lab);
    await allDead(lab);
    await members(lab, 'w0,w1,w2');
    assert.deepEqual(Object.keys(sharesOf(lab.connect(flows(60)))).sort(), ['line1', 'line2', 'line3']);
    assert.deepEqual(statesOf(lab), { line1: 'dead', line2: 'dead', line3: 'dead' });
    assert.match(lab.mlb('status').stdout.replace(/\s+/g, ' '), /stays in use because no uplink answers/);
    lab.mend(lab.line(2));
    await lab.monitor.says(/^line2: up/);
    await members(lab, 'w1');
    for (const uplink of lab.uplinks) lab.mend(uplink);
    await members(lab, 'w0,w1,w2');
  });

  test('all-dead = "drop": nothing is in use, the probes still find their lines, and all come back', {
    skip,
  }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE, settings: 'all-dead = "drop"', policies: QUICK });
    await lab.allAlive();
    breakTargets(lab);
    await allDead(lab);
    await members(lab, '');
    assert.ok(lab.connect(flows(3)).every((seen) => !seen.startsWith('line')));
    for (const uplink of lab.uplinks) lab.mend(uplink);
    await members(lab, 'w0,w1,w2');
    assert.deepEqual(Object.keys(sharesOf(lab.connect(flows(60)))).sort(), ['line1', 'line2', 'line3']);
  });
});
