import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { THREE } from '../balance/uplinks.ts';
import { skip } from '../router.ts';
import { QUICK, until, watchedLab } from './lab.ts';

const twoTargets = (needed: number): string =>
  QUICK.replace('targets = "10.99.0.1"', `targets = ["10.99.0.1", "10.99.0.2"]\nneeded = ${needed}`);

describe('one of two targets', { concurrency: 2 }, () => {
  test('one is dead and one is needed: the line is in use, and not degraded', { skip }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE, policies: twoTargets(1) });
    await lab.allAlive();
    lab.breakWhere(lab.line(1), 'ip daddr 10.99.0.2');
    const targets = (): (string | undefined)[] =>
      lab.findings().verdicts[0]?.targets.map(({ health }) => health) ?? [];
    await until('one target dead', targets, (seen) => seen.join() === 'alive,dead');
    await sleep(2000);
    assert.deepEqual(lab.healths(), ['alive', 'alive', 'alive']);
    assert.deepEqual(lab.members(), ['w0', 'w1', 'w2']);
    assert.match(lab.mlb('status').stdout, /10\.99\.0\.2: dead, no answer/);
    lab.breakWhere(lab.line(1), 'ip daddr 10.99.0.1');
    await lab.monitor.says(/^line1: dead .*no answer from 10\.99\.0\.1 and 10\.99\.0\.2/);
    assert.deepEqual(lab.members(), ['w1', 'w2']);
  });

  test('one is dead and two are needed: the line is out of use', { skip }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE, policies: twoTargets(2) });
    await lab.allAlive();
    lab.breakWhere(lab.line(1), 'ip daddr 10.99.0.2');
    await lab.monitor.says(/^line1: dead .*no answer from 10\.99\.0\.2, and 2 of 2 targets must answer/);
    assert.deepEqual(lab.members(), ['w1', 'w2']);
    lab.mend(lab.line(1));
    await lab.monitor.says(/^line1: up/);
    assert.deepEqual(lab.members(), ['w0', 'w1', 'w2']);
  });
});
