import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Line, setUnknown, startLine } from '../../../src/health/line.ts';
import { FIRST, HOLD_LIMIT, play, probe, SECOND, sampleHealth, sampleLine, verdict } from './play.ts';

const DEATH = 'xxxxxxx';
const STEADY = '.'.repeat(20);

const bothDead = (needed = 1): Line =>
  play(
    play(startLine(sampleHealth({ needed }, FIRST, SECOND), HOLD_LIMIT, 0), 0, '.xxxxx'),
    0,
    '.xxxxx',
    SECOND,
  );

/** Both are alive, and then one is silent. */
const oneOfTwoNeeded = (): Line => {
  const line = startLine(sampleHealth({ needed: 2 }, FIRST, SECOND), HOLD_LIMIT, 0);
  return play(play(line, 0, '.', SECOND), 0, '.xxxxx');
};

test('the reason says what is wrong with a line, as an operator would ask it', () => {
  const gateway = startLine(sampleHealth(), HOLD_LIMIT, 0);
  const table: readonly (readonly [line: Line, reason: string])[] = [
    [sampleLine(), 'no result yet'],
    [play(sampleLine(), 0, '.'), ''],
    [play(sampleLine(), 0, '.xxxxx'), `no answer from ${FIRST}`],
    [bothDead(), `no answer from ${FIRST} and ${SECOND}`],
    [oneOfTwoNeeded(), `no answer from ${FIRST}, and 2 of 2 targets must answer`],
    [
      probe(play(sampleLine(), 0, '.xxxx'), 2.5, 'x', FIRST, 'Destination Host Unreachable'),
      `no answer from ${FIRST} (Destination Host Unreachable)`,
    ],
    [
      play(sampleLine(), 0, `.${DEATH}.......`),
      'answers again; back in use after 10 s of steady answers, 3 s so far',
    ],
    [
      play(sampleLine(), 0, `.${DEATH}${STEADY}${DEATH}..............`),
      'answers again; back in use after 20 s of steady answers, 7 s so far (died 2 times lately)',
    ],
    [play(sampleLine(), 0, '.x.x'.repeat(10)), 'loss 50 %'],
    [play(sampleLine(), 0, 'o'.repeat(20)), 'round trip 800 ms'],
    [play(sampleLine(), 0, 'xxx.'.repeat(10)), 'loss 75 %'],
    [play(sampleLine(), 0, `.${DEATH}..`), `no answer from ${FIRST}`],
    [play(sampleLine({ maxRtt: 700 }), 0, 'o'.repeat(20)), 'round trip 800 ms'],
    [play(sampleLine({ maxRtt: 700 }), 0, 'o'.repeat(40)), 'round trip 800 ms'],
    [setUnknown(sampleLine(), FIRST, 'ping is not installed'), `${FIRST}: ping is not installed`],
    [
      setUnknown(play(sampleLine(), 0, '.xxxxx'), FIRST, 'cannot be resolved'),
      `was dead, and nothing is known now: ${FIRST}: cannot be resolved`,
    ],
    [setUnknown(gateway, 'gateway', 'ping is not installed'), 'gateway: ping is not installed'],
    [
      play(gateway, 0, 'x', 'gateway'),
      'gateway: has never answered, so its silence proves nothing; set targets in [health]',
    ],
    [
      probe(gateway, 0, 'x', 'gateway', 'Destination Host Unreachable'),
      'gateway: has never answered (Destination Host Unreachable), so its silence proves nothing; set targets in [health]',
    ],
  ];
  for (const [line, reason] of table) assert.equal(verdict(line).reason, reason);
});

test('a line that is good again and still counts as degraded says for how long', () => {
  const slow = play(sampleLine({ window: 5 }), 0, 'o'.repeat(10));
  assert.equal(
    verdict(play(slow, 5, '.'.repeat(14))).reason,
    'round trip 20 ms now; counts as degraded for 4 s more',
  );
  const again = play(play(slow, 5, '.'.repeat(24)), 17, 'o'.repeat(10));
  assert.equal(
    verdict(play(again, 22, '.'.repeat(14))).reason,
    'round trip 20 ms now; counts as degraded for 13 s more (was degraded 2 times lately)',
  );
});

test('each target says why it is not alive', () => {
  const line = setUnknown(bothDead(), SECOND, 'cannot be resolved');
  const answers = play(line, 4, '...');
  const caused = probe(line, 3, 'x', FIRST, 'Time to live exceeded');
  const reasonsOf = (of: Line) => verdict(of).targets.map(({ health, reason }) => `${health} ${reason}`);
  assert.deepEqual(reasonsOf(line), ['dead no answer', 'unknown cannot be resolved']);
  assert.deepEqual(reasonsOf(answers), ['dead answers again', 'unknown cannot be resolved']);
  assert.deepEqual(reasonsOf(caused), ['dead Time to live exceeded', 'unknown cannot be resolved']);
  assert.deepEqual(reasonsOf(play(sampleLine(), 0, '.')), ['alive ']);
});

test('a verdict bears its link and what was measured, of the line and of each target', () => {
  const line = play(
    play(startLine(sampleHealth({}, FIRST, SECOND), HOLD_LIMIT, 0), 0, '.....'),
    0,
    'o.xo.',
    SECOND,
  );
  assert.deepEqual(verdict(line), {
    id: 1,
    device: 'eth1',
    index: 11,
    health: 'alive',
    reason: '',
    since: 0.02,
    flaps: 0,
    loss: 0,
    rtt: 20,
    jitter: 0,
    targets: [
      { target: FIRST, health: 'alive', reason: '', loss: 0, rtt: 20, jitter: 0 },
      { target: SECOND, health: 'alive', reason: '', loss: 0.2, rtt: 410, jitter: 780 },
    ],
  });
});
