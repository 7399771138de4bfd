import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { THREE } from '../balance/uplinks.ts';
import { skip } from '../router.ts';
import { type WatchedLab, watchedLab } from './lab.ts';

/** The defaults with all times a thirtieth: ten minutes are 20 s, and a line is back after 0.3 s at first. */
const FAST = `
[health]
targets = "10.99.0.1"
interval = 0.1
timeout = 0.1
down-after = 2
up-after = 3

[monitor]
hold-limit = 10
`;
const TEN_MINUTES = 20_000;

/** Each outage doubles the wait: 0.3 + 0.6 + 1.2 + 2.4 + 4.8 + 9.6 s are nearly all of it. */
const MOST_DEATHS = 7;

/** Routes that a run may write for a line that goes or comes: its copies, its default, the balance and its backup. */
const ROUTES_PER_CHANGE = 12;

/** Writes down what becomes of the routes of the tables of ours; tells how many lines that were. */
const countRoutes = (lab: WatchedLab): (() => number) => {
  const child = lab.start('exec ip monitor route');
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text.split('\n').filter((line) => line.includes('table 77')).length;
};

const linesOf = (lab: WatchedLab, pattern: RegExp): number =>
  lab.monitor.said.filter(({ text }) => pattern.test(text)).length;

const mustBeBounded = (lab: WatchedLab, routes: number): number => {
  const deaths = linesOf(lab, /^line1: dead/);
  assert.ok(deaths >= 2 && deaths <= MOST_DEATHS, `line1 went out of use ${deaths} times`);
  const most = 2 * deaths * ROUTES_PER_CHANGE;
  assert.ok(routes <= most, `${routes} routes changed, at most ${most} expected`);
  assert.equal(linesOf(lab, /^line[23]: /), 0, 'the other lines do not change');
  assert.match(lab.mlb('status').stdout, /flapped \d times lately/);
  return deaths;
};

describe('a line that flaps', { concurrency: 2 }, () => {
  test('100 times in ten minutes: few changes of routes, and status says so', { skip }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE, policies: FAST });
    await lab.allAlive();
    const routes = countRoutes(lab);
    await sleep(200);
    // Twice as long good as bad; every time long enough to notice.
    for (let flap = 0; flap < 33; flap++) {
      lab.break(lab.line(1), 'both');
      await sleep(TEN_MINUTES / 100);
      lab.mend(lab.line(1));
      await sleep((2 * TEN_MINUTES) / 100);
    }
    const deaths = mustBeBounded(lab, routes());
    t.diagnostic(`${deaths} times out of use, ${routes()} routes changed`);
  });

  test('as soon as it is used again: it waits twice as long each time', { skip }, async (t) => {
    const lab = await watchedLab(t, { uplinks: THREE, policies: FAST });
    await lab.allAlive();
    const routes = countRoutes(lab);
    await sleep(200);
    const end = performance.now() + TEN_MINUTES;
    const waits: number[] = [];
    while (performance.now() < end) {
      const broken = performance.now();
      lab.break(lab.line(1), 'both');
      await lab.monitor.says(/^line1: dead/, broken);
      const mended = performance.now();
      lab.mend(lab.line(1));
      await lab.monitor.says(/^line1: up/, mended, 25);
      waits.push(performance.now() - mended);
    }
    mustBeBounded(lab, routes());
    const shown = waits.map(Math.round).join(', ');
    const grows = waits.every((wait, n) => n === 0 || wait > 1.3 * (waits[n - 1] ?? 0) || wait > 9000);
    assert.ok(grows && waits.every((wait) => wait < 13_000), `waited ${shown} ms`);
    t.diagnostic(`waited ${shown} ms`);
  });
});
