import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyVerdicts } from '../../../src/desired/verdicts.ts';
import type { LineHealth, UplinkState, UplinkStatus, Verdict } from '../../../src/model.ts';
import { sampleState, sampleUplink, sampleVerdict } from '../../helpers/samples.ts';

const SETTINGS = { allDead: 'keep', degraded: 'deprefer' } as const;

/** A line in few words: what it would be without a verdict, what the monitor says, and since when. */
type Line = readonly [status: UplinkStatus, health: LineHealth | undefined, since?: number];

const USE = { up: 'working', 'no-carrier': 'working', draining: 'draining' } as const;

const stateOf = (status: UplinkStatus, id: number): UplinkState => {
  const use = status in USE ? USE[status as keyof typeof USE] : 'dead';
  return sampleState({ uplink: sampleUplink({ id }), status, use, reason: status === 'up' ? '' : 'why' });
};

/** All lines have the link of the samples, so that every verdict speaks of it. */
const judged = (lines: readonly Line[], settings: Parameters<typeof applyVerdicts>[2] = SETTINGS) => {
  const verdicts = lines.flatMap(([, health, since = 100], index): [number, Verdict][] =>
    health === undefined
      ? []
      : [[index + 1, sampleVerdict({ id: index + 1, health, since, reason: `found ${health}` })]],
  );
  return applyVerdicts(
    lines.map(([status], index) => stateOf(status, index + 1)),
    new Map(verdicts),
    settings,
  );
};

const usesOf = (lines: readonly Line[], allDead: 'keep' | 'drop' = 'keep'): string[] =>
  judged(lines, { ...SETTINGS, allDead }).map(({ status, use }) => `${status} ${use}`);

test('a dead line is out while another one answers, or may do so', () => {
  for (const other of ['alive', 'degraded', 'unknown', undefined] as const)
    assert.equal(
      usesOf([
        ['up', 'dead'],
        ['up', other],
      ])[0],
      'dead dead',
    );
});

test('a line that answers, or of which nothing is known yet, is as it was', () => {
  assert.deepEqual(usesOf([['up', 'alive']]), ['up working']);
  assert.deepEqual(usesOf([['up', 'unknown']]), ['up working']);
});

test('a verdict counts for the link that it speaks of, and no other', () => {
  for (const other of [{ index: 12 }, { device: 'eth2' }]) {
    const verdicts = new Map([[1, sampleVerdict({ health: 'dead', ...other })]]);
    const [state] = applyVerdicts([sampleState()], verdicts, { ...SETTINGS, allDead: 'drop' });
    assert.deepEqual([state?.status, state?.verdict], ['up', undefined]);
  }
});

test('what is left of an uplink that is not probed any more counts for nothing', () => {
  const { health } = sampleUplink();
  const state = sampleState({ uplink: sampleUplink({ health: { ...health, check: false } }) });
  const verdicts = new Map([[1, sampleVerdict({ health: 'dead' })]]);
  assert.deepEqual(applyVerdicts([state], verdicts, { ...SETTINGS, allDead: 'drop' }), [state]);
});

test('while no line answers, those stay in use that died within ten seconds of the last', () => {
  const lines: Line[] = [
    ['up', 'dead', 89.9],
    ['up', 'dead', 90],
    ['up', 'dead', 100],
  ];
  assert.deepEqual(usesOf(lines), ['dead dead', 'dead working', 'dead working']);
  assert.match(judged(lines)[1]?.reason ?? '', /^found dead; stays in use because no uplink answers/);
  assert.deepEqual(usesOf(lines, 'drop'), ['dead dead', 'dead dead', 'dead dead']);
});

test('a line that cannot work says nothing about whether all are dead', () => {
  for (const status of ['no-carrier', 'vetoed', 'disabled', 'draining'] as const)
    assert.equal(
      usesOf([
        ['up', 'dead'],
        [status, 'alive'],
      ])[0],
      'dead working',
      status,
    );
});

test('a line without carrier that is dead must not come back by itself, also when all are dead', () => {
  assert.deepEqual(usesOf([['no-carrier', 'dead']]), ['no-carrier dead']);
});

test('a draining line that dies has no connections to keep, unless all are dead', () => {
  assert.equal(
    usesOf([
      ['draining', 'dead'],
      ['up', 'alive'],
    ])[0],
    'draining dead',
  );
  assert.equal(usesOf([['draining', 'dead']])[0], 'draining draining');
  assert.equal(usesOf([['draining', 'dead']], 'drop')[0], 'draining dead');
  const [state] = judged([
    ['draining', 'dead'],
    ['up', 'alive'],
  ]);
  assert.equal(state?.reason, 'why; its line is dead: found dead');
});

test('what an operator or an event said comes before any verdict', () => {
  for (const status of ['disabled', 'vetoed'] as const)
    for (const health of ['alive', 'degraded', 'dead'] as const)
      assert.deepEqual(usesOf([[status, health]]), [`${status} dead`]);
  assert.equal(judged([['draining', 'degraded']])[0]?.deferred, undefined);
});

test('a degraded line works, behind its tier unless that is to be ignored', () => {
  const [state] = judged([['up', 'degraded']]);
  assert.deepEqual(
    [state?.status, state?.use, state?.deferred, state?.reason],
    ['degraded', 'working', true, 'found degraded'],
  );
  const [ignored] = judged([['up', 'degraded']], { ...SETTINGS, degraded: 'ignore' });
  assert.deepEqual([ignored?.status, ignored?.use, ignored?.deferred], ['degraded', 'working', undefined]);
});
