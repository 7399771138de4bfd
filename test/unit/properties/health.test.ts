import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mostCounted } from '../../../src/health/damping.ts';
import { forgive, type Line, passTime, startLine } from '../../../src/health/line.ts';
import type { Health, LineHealth } from '../../../src/model.ts';
import {
  delayOf,
  FIRST,
  HOLD_LIMIT,
  history,
  play,
  probe,
  SECOND,
  sampleHealth,
  sampleLine,
  verdict,
} from '../health/play.ts';
import { check } from './check.ts';

/** Seconds between probes, by default. */
const INTERVAL = 0.5;

/** So many times does a line change what new connections use: in use, behind others, out of use. */
const changesOf = (lines: readonly Line[]): number => {
  const uses = lines.map(({ health }) => (health === 'unknown' ? 'alive' : health));
  return uses.filter((use, place) => place > 0 && use !== uses[place - 1]).length;
};

/** Times that the lines became this. */
const timesOf = (lines: readonly Line[], health: LineHealth): number =>
  lines.filter((line, place) => line.health === health && lines[place - 1]?.health !== health).length;

/** The fates of probes: stretches in which all are answered, none is, or some are. */
const stretches = (): fc.Arbitrary<string> =>
  fc
    .array(
      fc.tuple(
        fc.constantFrom('.', '.', 'x', 'x', 'o', '.x', '..x', '.....x', 'xx.'),
        fc.integer({ min: 1, max: 60 }),
      ),
      { minLength: 1, maxLength: 20 },
    )
    .map((list) => list.map(([fates, times]) => fates.repeat(times)).join(''));

/** Fates at random: `share` of the probes are lost. */
const randomFates = (seed: number, count: number, share: number): string => {
  let state = seed >>> 0;
  const next = (): number => {
    // mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
  return Array.from({ length: count }, () => (next() < share ? 'x' : '.')).join('');
};

/**
 * Deaths, and times that a line became degraded, are no more than this in `seconds`. Each raises its count, or finds it at
 * its most and lasts as long as the limit; it comes down by one in that time without it. One more may last still.
 */
const mostTimes = (seconds: number): number =>
  mostCounted({ ...sampleHealth(), holdLimit: HOLD_LIMIT }) + seconds / (HOLD_LIMIT - INTERVAL);

/** Lines of whose probes those are answered that `choose` says, when it sees the line. */
const challenge = (seconds: number, choose: (line: Line, place: number) => string): readonly Line[] => {
  const lines = [sampleLine()];
  for (let place = 0; place < seconds / INTERVAL; place += 1) {
    const line = lines.at(-1) ?? sampleLine();
    // As an adversary would have it: failures are told at once.
    const fate = choose(line, place);
    const after = probe(line, place * INTERVAL - delayOf(fate), fate);
    lines.push(after);
  }
  return lines;
};

test('whatever becomes of probes, a line dies and degrades a bounded number of times', () => {
  check(
    fc.property(stretches(), (fates) => {
      const lines = history(sampleLine(), 0, fates);
      const most = mostTimes(fates.length * INTERVAL);
      assert.ok(timesOf(lines, 'dead') <= most, `${timesOf(lines, 'dead')} deaths`);
      assert.ok(timesOf(lines, 'degraded') <= most, `${timesOf(lines, 'degraded')} times degraded`);
      assert.ok(changesOf(lines) <= 4 * most, `${changesOf(lines)} changes`);
    }),
    300,
  );
});

test('not even who sees the verdict and answers as is worst gets more changes out of a line', () => {
  const answersWhile =
    (...healths: readonly LineHealth[]) =>
    (line: Line, place: number) =>
      healths.includes(line.health) || place % 3 === 0 ? '.' : 'x';
  const silentUnless = (line: Line) => (line.health === 'alive' || line.health === 'degraded' ? 'x' : '.');
  const players = [
    silentUnless,
    answersWhile('dead', 'unknown', 'degraded'),
    answersWhile('dead', 'unknown'),
  ];
  for (const seconds of [600, 3600, 10_000])
    for (const player of players) {
      const lines = challenge(seconds, player);
      assert.ok(timesOf(lines, 'dead') <= mostTimes(seconds), `${timesOf(lines, 'dead')} deaths`);
      assert.ok(timesOf(lines, 'degraded') <= mostTimes(seconds), `${timesOf(lines, 'degraded')} dips`);
    }
  const deaths = challenge(600, silentUnless);
  assert.equal(
    changesOf(deaths),
    11,
    'six deaths in ten minutes at most: 10, 20, 40, 80 and 160 s between them',
  );
});

test('a line that flaps a hundred times in ten minutes changes its use twelve times at most', () => {
  check(
    fc.property(fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 100, maxLength: 100 }), (downs) => {
      const fates = downs.map((down) => 'x'.repeat(down) + '.'.repeat(12 - down)).join('');
      const changes = changesOf(history(sampleLine(), 0, fates));
      assert.ok(changes <= 12, `${changes} changes`);
    }),
    60,
  );
});

test('a line that loses 30 percent at random is degraded most of the time, and changes seldom', () => {
  check(
    fc.property(fc.integer(), (seed) => {
      const lines = history(sampleLine(), 0, randomFates(seed, 7200, 0.3));
      const degraded = lines.filter(({ health }) => health === 'degraded').length / lines.length;
      assert.ok(degraded > 0.9, `${degraded} of the time`);
      assert.ok(changesOf(lines) <= 6, `${changesOf(lines)} changes in an hour`);
    }),
    8,
  );
});

test('a line whose probes are all answered is never dead, and one whose target always answers is not either', () => {
  check(
    fc.property(stretches(), (fates) => {
      const fast = history(sampleLine(), 0, fates.replaceAll('x', '.'));
      assert.ok(fast.every(({ health }) => health !== 'dead'));
      let both = startLine(sampleHealth({}, FIRST, SECOND), HOLD_LIMIT, 0);
      for (const [place, fate] of [...fates].entries()) {
        both = probe(probe(both, place * INTERVAL, '.'), place * INTERVAL, fate, SECOND);
        assert.notEqual(both.health, 'dead');
      }
    }),
    50,
  );
});

test('a black hole that begins at any moment is a dead line 3.5 seconds later', () => {
  const anyHealth = fc.record({
    downAfter: fc.integer({ min: 1, max: 10 }),
    interval: fc.constantFrom(0.2, 0.5, 1, 3),
  });
  check(
    fc.property(
      anyHealth,
      fc.integer({ min: 1, max: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (fields, good, phase) => {
        const settings: Health = sampleHealth(fields, FIRST);
        const { interval, downAfter, timeout } = settings;
        const line = play(startLine(settings, HOLD_LIMIT, 0), phase * interval, '.'.repeat(good));
        // The last probe that was answered was sent at once before it begins: the worst case.
        const begins = phase * interval + (good - 1) * interval;
        const dead = history(line, begins + interval, 'x'.repeat(downAfter)).at(-1);
        assert.equal(dead?.health, 'dead');
        assert.ok((dead?.since ?? 0) - begins <= downAfter * interval + timeout + 1e-9);
      },
    ),
    200,
  );
});

test('results of targets that share a fate may come in any order', () => {
  const targets = [FIRST, SECOND, 'example.org'];
  const play3 = (fates: string, needed: number, orders: readonly (readonly string[])[]): readonly Line[] => {
    const lines = [startLine(sampleHealth({ needed }, ...targets), HOLD_LIMIT, 0)];
    for (const [place, fate] of [...fates].entries())
      for (const target of orders[place % orders.length] ?? targets) {
        const line = lines.at(-1);
        if (line !== undefined) lines.push(probe(line, place * INTERVAL, fate, target));
      }
    return lines.filter((_, place) => place % targets.length === 0);
  };
  const seen = (lines: readonly Line[]) =>
    lines.map((line) => {
      const { health, since, flaps, loss } = verdict(line);
      return `${health} ${since} ${flaps} ${loss}`;
    });
  const order = fc.shuffledSubarray(targets, { minLength: targets.length });
  check(
    fc.property(
      stretches(),
      fc.integer({ min: 1, max: 3 }),
      fc.array(order, { minLength: 1, maxLength: 7 }),
      (fates, needed, orders) => {
        const short = fates.slice(0, 200);
        assert.deepEqual(seen(play3(short, needed, orders)), seen(play3(short, needed, [targets])));
      },
    ),
    30,
  );
});

test('a burst of late results after a sleep changes nothing', () => {
  const burst = fc.array(
    fc.record({ fate: fc.constantFrom('.', 'x', 'o'), ago: fc.double({ min: 0.01, max: 60, noNaN: true }) }),
  );
  check(
    fc.property(stretches(), burst, fc.integer({ min: 1, max: 100_000 }), (fates, late, slept) => {
      const before = play(sampleLine(), 0, fates);
      const line = forgive(before, before.now + slept);
      const after = late.reduce((state, { fate, ago }) => probe(state, line.forgiven - ago, fate), line);
      assert.deepEqual(after, line);
      assert.equal(line.health, before.health);
      // One interval's worth of failures less than it takes.
      if (before.health === 'alive')
        assert.notEqual(play(line, line.forgiven, 'x'.repeat(line.settings.downAfter - 1)).health, 'dead');
    }),
    200,
  );
});

test('gaps between results, and time that stands still or goes back, leave a verdict that can be read', () => {
  const gaps = fc.array(
    fc.tuple(fc.constantFrom('.', 'x', 'o'), fc.double({ min: -100, max: 5000, noNaN: true })),
    { maxLength: 200 },
  );
  check(
    fc.property(gaps, (list) => {
      let time = 1000;
      let line = startLine(sampleHealth({}, FIRST), HOLD_LIMIT, time);
      for (const [fate, gap] of list) {
        time += gap;
        const next = passTime(probe(line, time, fate), time + 1);
        assert.ok(next.now >= line.now);
        assert.ok(next.since <= next.now && next.since >= line.since);
        assert.ok(next.health === line.health || next.since > line.since || next.now === line.now);
        const { loss, rtt, jitter, reason, health } = verdict(next);
        assert.ok(loss === null || (loss >= 0 && loss <= 1), `loss ${loss}`);
        for (const value of [rtt, jitter]) assert.ok(value === null || (value >= 0 && value <= 800));
        assert.equal(reason === '', health === 'alive');
        line = next;
      }
    }),
    300,
  );
});
