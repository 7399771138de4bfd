import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgive, isProved, passTime, setUnknown, startLine } from '../../../src/health/line.ts';
import type { Health, LineHealth } from '../../../src/model.ts';
import {
  FIRST,
  HOLD_LIMIT,
  history,
  play,
  probe,
  SECOND,
  sampleHealth,
  sampleLine,
  verdict,
} from './play.ts';

const healthAfter = (fates: string, fields: Partial<Health> = {}): LineHealth =>
  play(sampleLine(fields), 0, fates).health;

/** So many are lost when a line dies and answers at once: the fifth is given up when two more have been sent. */
const DEATH = 'xxxxxxx';

/** The steady answers that a line needs after its first death. */
const STEADY = '.'.repeat(20);

test('failures in a row make a line dead, and steady answers alive again', () => {
  const table: readonly (readonly [fates: string, health: LineHealth])[] = [
    ['', 'unknown'],
    ['xxxx', 'unknown'],
    ['.', 'alive'],
    ['.xxxx', 'alive'],
    ['.xxxx........xxxx.', 'degraded'],
    ['xxxxx', 'dead'],
    ['.xxxxx', 'dead'],
    ['.xxxxx.', 'alive'],
    [`.${DEATH}.`, 'dead'],
    [`.${DEATH}${STEADY.slice(1)}`, 'dead'],
    [`.${DEATH}${STEADY}`, 'alive'],
    [`.${DEATH}...x${STEADY.slice(3)}...`, 'alive'],
    [`.${DEATH}...x${STEADY.slice(3)}.`, 'dead'],
    [`.${DEATH}${'xx.'.repeat(100)}`, 'dead'],
  ];
  for (const [fates, health] of table) assert.equal(healthAfter(fates), health, fates);
});

test('a line is out of use 3.5 s and back in use 10 s after it changed, with the defaults', () => {
  const lines = history(sampleLine(), 0, `${'.'.repeat(10)}${'x'.repeat(20)}${'.'.repeat(40)}`);
  const changes = lines.filter(({ health }, place) => health !== lines[place - 1]?.health);
  assert.deepEqual(
    changes.map(({ health, since }) => [health, since]),
    [
      ['alive', 0.02],
      // The first probe that is not answered is sent at 5, the fifth at 7 and given up at 8.
      ['dead', 8],
      ['alive', 15 + 19 * 0.5 + 0.02],
    ],
  );
});

test('every count and threshold of the configuration is obeyed', () => {
  const bad = '.......x..'.repeat(6);
  const slow = 'o'.repeat(10);
  const table: readonly (readonly [fates: string, fields: Partial<Health>, health: LineHealth])[] = [
    ['.xx', { downAfter: 2 }, 'dead'],
    ['.xx....', { downAfter: 2, upAfter: 4 }, 'alive'],
    [bad, {}, 'degraded'],
    [bad, { degradedLoss: 11 }, 'alive'],
    [bad, { maxLoss: 10 }, 'dead'],
    // One window of 30 s has no room for as much loss: what it holds is not full before.
    [bad.slice(0, 50), {}, 'alive'],
    ['xxx.xxx.xx', {}, 'dead'],
    ['xxx.xxx.x', {}, 'degraded'],
    [slow.slice(1), {}, 'alive'],
    [slow, {}, 'degraded'],
    [slow, { degradedRtt: 801 }, 'alive'],
    [slow, { maxRtt: 800 }, 'dead'],
  ];
  for (const [fates, fields, health] of table)
    assert.equal(healthAfter(fates, fields), health, `${fates} ${JSON.stringify(fields)}`);
});

test('degraded ends when loss and round trip are well below their thresholds, and not before steady answers', () => {
  const bad = play(sampleLine(), 0, '.........x'.repeat(6));
  assert.equal(bad.health, 'degraded');
  const lines = history(bad, 30, '.'.repeat(60));
  const good = lines.find(({ health }) => health === 'alive');
  // Its losses leave the window one by one, five seconds apart; fewer than three of sixty are below five percent.
  assert.equal(good?.since, 49.52);
  const slow = play(sampleLine(), 0, 'o'.repeat(10));
  const fast = history(slow, 5, '.'.repeat(30)).find(({ health }) => health === 'alive');
  // Degraded at 5.3, and for ten seconds at least.
  assert.equal(fast?.since, 15.52);
});

test('a line whose round trip is hardly below the threshold stays degraded', () => {
  const slow = play(sampleLine({ degradedRtt: 800 }), 0, 'o'.repeat(10));
  assert.equal(play(slow, 5, 'ooooooo.'.repeat(12)).health, 'degraded');
  assert.equal(play(slow, 5, 'ooooo...'.repeat(12)).health, 'alive');
});

test('a line that degrades again stays so for longer, and being degraded is no calm', () => {
  const slow = play(sampleLine({ window: 5 }), 0, 'o'.repeat(800));
  assert.equal(slow.dips.count, 1);
  const again = play(play(slow, 400, '.'.repeat(30)), 415, 'o'.repeat(20));
  assert.deepEqual([again.health, again.dips.count], ['degraded', 2]);
  assert.equal(play(again, 425, '.'.repeat(20)).health, 'degraded');
  const good = play(again, 425, '.'.repeat(40));
  assert.equal(good.health, 'alive');
  assert.equal(passTime(good, good.since + HOLD_LIMIT).dips.count, 1);
});

test('a dead line that answers steadily but loses much comes back degraded', () => {
  const lines = history(sampleLine(), 0, `.${DEATH}${'....x'.repeat(15)}`);
  const back = lines.slice(lines.findIndex(({ health }) => health === 'dead'));
  assert.equal(back.find(({ health }) => health !== 'dead')?.health, 'degraded');
});

test('a line that loses much is dead after twice as many failures in a row', () => {
  const lossy = play(sampleLine(), 0, '....x'.repeat(12));
  assert.equal(lossy.health, 'degraded');
  assert.equal(play(lossy, 30, '.xxxxxxxxx').health, 'degraded');
  assert.equal(play(lossy, 30, '.xxxxxxxxxx').health, 'dead');
});

test('a line that comes back forgets what was before its steady answers', () => {
  const back = play(sampleLine(), 0, `.${DEATH}${STEADY}`);
  assert.equal(back.health, 'alive');
  assert.equal(verdict(back).loss, 0);
});

test('each death doubles the wait, and calm makes it forgotten', () => {
  const twice = play(sampleLine(), 0, `.${DEATH}${STEADY}${DEATH}`);
  assert.deepEqual([twice.health, verdict(twice).flaps], ['dead', 2]);
  assert.equal(play(twice, 20, '.'.repeat(39)).health, 'dead');
  const back = play(twice, 20, '.'.repeat(40));
  assert.equal(back.health, 'alive');
  assert.equal(verdict(passTime(back, back.since + HOLD_LIMIT - 1)).flaps, 2);
  assert.equal(verdict(passTime(back, back.since + HOLD_LIMIT)).flaps, 1);
  assert.equal(verdict(passTime(back, back.since + 2 * HOLD_LIMIT)).flaps, 0);
  assert.equal(verdict(passTime(twice, twice.since + 9 * HOLD_LIMIT)).flaps, 2, 'dead is not calm');
});

test('a line is alive while the needed number of targets is, and measures like the needed best of them', () => {
  const two = (needed: number) => startLine(sampleHealth({ needed }, FIRST, SECOND), HOLD_LIMIT, 0);
  const table: readonly (readonly [
    needed: number,
    first: string,
    second: string,
    health: LineHealth,
    rtt: number | null,
  ])[] = [
    [1, '.......', 'xxxxxxx', 'alive', 20],
    [2, '.......', 'xxxxxxx', 'dead', 20],
    [1, 'xxxxxxx', 'xxxxxxx', 'dead', null],
    [1, '..........', 'oooooooooo', 'alive', 20],
    [2, '..........', 'oooooooooo', 'degraded', 800],
    [2, '.......', '', 'alive', 20],
    // What a dead target answered before it died was fast.
    [1, '..........xxxxx', 'o'.repeat(15), 'degraded', 800],
    [1, `.${DEATH}${STEADY}`, '.xxxxxxxxxxxxxxxxxxxxxxxxxxx', 'alive', 20],
    [2, `.${DEATH}${STEADY}`, '.xxxxxxxxxxxxxxxxxxxxxxxxxxx', 'dead', 20],
    [2, 'xxxxxxx', '', 'dead', null],
    [1, 'xxxxxxx', '', 'dead', null],
  ];
  for (const [needed, first, second, health, rtt] of table) {
    const places = Array.from({ length: Math.max(first.length, second.length) }, (_, place) => place);
    const line = places.reduce((before, place) => {
      const after = place < first.length ? probe(before, place / 2, first.charAt(place)) : before;
      return place < second.length ? probe(after, place / 2, second.charAt(place), SECOND) : after;
    }, two(needed));
    assert.deepEqual([line.health, verdict(line).rtt], [health, rtt], `${needed} ${first} ${second}`);
  }
});

test('a target of which nothing is known counts neither for nor against', () => {
  const two = startLine(sampleHealth({ needed: 2 }, FIRST, SECOND), HOLD_LIMIT, 0);
  const alive = setUnknown(play(two, 0, '...'), SECOND, 'cannot be resolved');
  assert.equal(alive.health, 'alive');
  assert.equal(setUnknown(alive, FIRST, 'no ping').health, 'unknown');
  assert.equal(probe(setUnknown(alive, FIRST, 'no ping'), 3, '.').health, 'alive');
  assert.equal(play(alive, 2, 'xxxxx').health, 'dead');
});

test('a dead line of which nothing can be known any more stays dead for a while, and is then used', () => {
  const dead = play(sampleLine(), 0, '.xxxxx');
  const blind = setUnknown(dead, FIRST, 'cannot be resolved');
  assert.equal(blind.health, 'dead');
  assert.equal(passTime(blind, blind.now + HOLD_LIMIT - 1).health, 'dead');
  assert.equal(passTime(blind, blind.now + HOLD_LIMIT).health, 'unknown');
  assert.equal(passTime(dead, dead.now + HOLD_LIMIT).health, 'dead');
});

test('the gateway where no target is written is believed only after it has answered once', () => {
  const start = startLine(sampleHealth(), HOLD_LIMIT, 0);
  const silent = play(start, 0, 'x'.repeat(50), 'gateway');
  assert.deepEqual([silent.health, isProved(silent), verdict(silent).loss], ['unknown', false, null]);
  const answered = play(start, 0, '.', 'gateway');
  assert.deepEqual([answered.health, isProved(answered)], ['alive', true]);
  assert.equal(play(answered, 1, 'xxxxx', 'gateway').health, 'dead');
  const proved = startLine(sampleHealth(), HOLD_LIMIT, 0, undefined, true);
  assert.equal(play(proved, 0, 'xxxxx', 'gateway').health, 'dead');
  assert.equal(isProved(play(sampleLine(), 0, '.')), false, 'a written target proves nothing of the gateway');
});

test('what an earlier monitor found goes on', () => {
  const dead = verdict(play(sampleLine(), 0, `.${DEATH}${STEADY}${DEATH}`));
  const line = startLine(sampleHealth({}, FIRST), HOLD_LIMIT, 50, dead);
  assert.deepEqual([line.health, line.since, verdict(line).flaps], ['dead', dead.since, 2]);
  assert.equal(passTime(line, 51).health, 'dead');
  assert.equal(
    verdict(play(line, 50, '...')).targets[0]?.health,
    'dead',
    'a dead target needs steady answers too',
  );
  assert.equal(play(line, 50, '.'.repeat(39)).health, 'dead');
  assert.equal(play(line, 50, '.'.repeat(40)).health, 'alive');

  const alive = startLine(sampleHealth({}, FIRST), HOLD_LIMIT, 50, verdict(play(sampleLine(), 0, '.')));
  assert.equal(passTime(alive, 51).health, 'alive', 'it is not unknown for a moment');
  assert.equal(play(alive, 50, '...').since, 0.02);
  assert.equal(play(alive, 50, 'xxxxx').health, 'dead');
});

test('degraded goes on after a restart until enough results speak against it', () => {
  const bad = verdict(play(sampleLine(), 0, 'o'.repeat(10)));
  const line = startLine(sampleHealth({}, FIRST), HOLD_LIMIT, 60, bad);
  assert.equal(play(line, 60, '.'.repeat(9)).health, 'degraded');
  assert.equal(play(line, 60, '.'.repeat(10)).health, 'alive');
});

test('since is the time of the last change of health', () => {
  const line = play(sampleLine(), 0, '.....x...');
  assert.deepEqual([line.health, line.since], ['alive', 0.02]);
  const later = passTime(line, 200);
  assert.equal(later.since, 0.02);
  assert.equal(verdict(later).loss, null, 'nothing was asked in the last 30 s');
  assert.equal(passTime(later, 100).now, 200, 'time does not go back');
});

test('what was sent before a sleep counts for nothing bad', () => {
  const line = forgive(play(sampleLine(), 0, '..xxxx'), 100);
  const late = Array.from({ length: 50 }, (_, place) => 3 + place / 2).reduce(
    (before, sent) => probe(before, sent, 'x'),
    line,
  );
  assert.deepEqual(late, line);
  assert.equal(play(line, 100, 'xxxx').health, 'alive', 'failures are counted anew');
  assert.equal(play(line, 100, 'xxxxx').health, 'dead');
});

test('a failure that is told late is no failure in a row after an answer to a later probe', () => {
  const line = play(sampleLine({ downAfter: 2 }), 0, '.');
  const answered = probe(line, 2, '.');
  assert.equal(probe(probe(answered, 0.5, 'x'), 1, 'x').health, 'alive');
  assert.equal(probe(probe(answered, 2.5, 'x'), 3, 'x').health, 'dead');
});
