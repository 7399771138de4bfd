import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Change, Desired, Observed, Qdisc } from '../../../src/model.ts';
import { isLeft, NO_REPAIRS, noteRepairs, type Repairs, type Seen } from '../../../src/watch/repairs.ts';
import { keyOfChange } from '../../../src/watch/wishes.ts';
import { NOTHING as EMPTY, sampleRoute, sampleRule } from '../../helpers/samples.ts';
import { check } from '../properties/check.ts';

const NOTHING: Desired = { routes: [], rules: [], qdiscs: [], sysctls: [], nft: undefined };

const ROUTE = sampleRoute();
const OTHER_VALUE = sampleRoute({ nexthops: [{ device: 'ppp0', weight: 1, onlink: false, dead: false }] });
const RULE = sampleRule();
const ROOT: Qdisc = { device: 'eth1', parent: 'root', handle: '77:', kind: 'prio', options: { bands: 3 } };
const BAND: Qdisc = { device: 'eth1', parent: '77:1', handle: '771:', kind: 'sfq', options: {} };
const RULESET = { build: 'abc', living: [1, 2] };
const DESIRED: Desired = {
  routes: [ROUTE],
  rules: [RULE],
  qdiscs: [ROOT, BAND],
  sysctls: [{ device: 'eth1', key: 'rp_filter', value: 2 }],
  nft: RULESET,
};

/** One change for each kind of thing, as it is made when somebody took that away. */
const REPAIRS: readonly Change[] = [
  { kind: 'route', op: 'add', route: ROUTE },
  { kind: 'route', op: 'replace', route: ROUTE },
  { kind: 'route', op: 'delete', route: sampleRoute({ table: 300 }) },
  { kind: 'route', op: 'delete', route: OTHER_VALUE, exact: true },
  { kind: 'rule', op: 'add', rule: RULE },
  { kind: 'rule', op: 'delete', rule: sampleRule({ priority: 5 }) },
  { kind: 'qdisc', op: 'delete', qdisc: { ...ROOT, kind: 'pfifo', handle: '8:' } },
  { kind: 'qdisc', op: 'replace', qdisc: ROOT },
  { kind: 'sysctl', op: 'write', sysctl: { device: 'eth1', key: 'rp_filter', value: 2 } },
  { kind: 'nft', op: 'load', ruleset: RULESET, lines: [] },
  { kind: 'nft', op: 'prepare', ruleset: RULESET, lines: [] },
];

/** What is seen while nothing but these changes is due. */
const seeing = (left: readonly Change[] = [], observed: Partial<Observed> = {}, thorough = true): Seen => ({
  left,
  observed: { ...EMPTY, ...observed },
  thorough,
});

/** A change that is made at each of these times, with the same desire all the time. */
const madeAt = (change: Change, times: readonly number[], start: Repairs = NO_REPAIRS): Repairs =>
  times.reduce(
    (repairs, now) => noteRepairs(repairs, [change], DESIRED, DESIRED, now, seeing()).repairs,
    start,
  );

test('the fourth repair within a minute is not made, and after 300 s it is', () => {
  for (const change of REPAIRS) {
    const twice = madeAt(change, [100, 120]);
    assert.equal(isLeft(twice, change, 130), false, keyOfChange(change));
    const third = noteRepairs(twice, [change], DESIRED, DESIRED, 159, seeing());
    assert.deepEqual(third.given, [keyOfChange(change)]);
    assert.equal(isLeft(third.repairs, change, 159.1), true);
    assert.equal(isLeft(third.repairs, change, 458.9), true);
    assert.equal(isLeft(third.repairs, change, 459), false);
  }
});

test('repairs that are further apart are made for ever', () => {
  for (const change of REPAIRS) {
    const repairs = madeAt(change, [0, 31, 62, 93, 124, 155, 186]);
    assert.equal(isLeft(repairs, change, 187), false);
  }
});

test('what was given up is told once, and counted anew when its time is over', () => {
  const [change] = REPAIRS;
  assert.ok(change !== undefined);
  const left = madeAt(change, [0, 1, 2]);
  const again = noteRepairs(left, [change], DESIRED, DESIRED, 3, seeing());
  assert.deepEqual(again.given, []);
  const later = madeAt(change, [302, 303], left);
  assert.equal(isLeft(later, change, 304), false);
  assert.equal(isLeft(madeAt(change, [304], later), change, 305), true);
});

test('one run counts once, however many changes a thing takes', () => {
  const changes: Change[] = ['delete', 'replace', 'replace', 'replace'].map((op) => ({
    kind: 'qdisc',
    op: op === 'delete' ? 'delete' : 'replace',
    qdisc: ROOT,
  }));
  const { repairs } = noteRepairs(NO_REPAIRS, [...changes, ...changes], DESIRED, DESIRED, 0, seeing());
  assert.equal(repairs.get('qdisc eth1')?.times.length, 1);
});

test('a change because something else is desired is no repair, however often', () => {
  const other: Desired = { ...DESIRED, routes: [OTHER_VALUE] };
  let repairs = NO_REPAIRS;
  for (let now = 0; now < 40; now++) {
    const [before, desired] = now % 2 === 0 ? [DESIRED, other] : [other, DESIRED];
    const changes = desired.routes.map((route): Change => ({ kind: 'route', op: 'replace', route }));
    repairs = noteRepairs(repairs, changes, before, desired, now, seeing()).repairs;
    assert.deepEqual(
      changes.filter((change) => isLeft(repairs, change, now)),
      [],
    );
  }
  assert.equal(repairs.size, 0);
});

test('where it is not known what was desired before, nothing is a repair', () => {
  const [change] = REPAIRS;
  assert.ok(change !== undefined);
  for (let now = 0; now < 10; now++)
    assert.deepEqual(noteRepairs(NO_REPAIRS, [change], undefined, DESIRED, now, seeing()), {
      repairs: new Map(),
      given: [],
    });
});

test('another value is written where one was given up, and that ends the matter', () => {
  const left = madeAt({ kind: 'route', op: 'add', route: ROUTE }, [0, 1, 2]);
  const change: Change = { kind: 'route', op: 'replace', route: OTHER_VALUE };
  assert.equal(isLeft(left, change, 3), false);
  assert.equal(isLeft(left, { kind: 'route', op: 'delete', route: ROUTE }, 3), false);
  const after = noteRepairs(
    left,
    [change],
    DESIRED,
    { ...DESIRED, routes: [OTHER_VALUE] },
    3,
    seeing(),
  ).repairs;
  assert.equal(isLeft(after, { kind: 'route', op: 'add', route: ROUTE }, 4), false);
});

test('other things than the one that was given up are repaired', () => {
  const left = madeAt({ kind: 'route', op: 'add', route: ROUTE }, [0, 1, 2]);
  assert.equal(isLeft(left, { kind: 'route', op: 'add', route: sampleRoute({ metric: 2 }) }, 3), false);
  assert.equal(isLeft(left, { kind: 'route', op: 'add', route: sampleRoute({ table: 7702 }) }, 3), false);
  assert.equal(isLeft(left, { kind: 'rule', op: 'add', rule: RULE }, 3), false);
});

test('a tree of qdiscs is left as a whole', () => {
  const tree = madeAt({ kind: 'qdisc', op: 'replace', qdisc: ROOT }, [0, 1, 2]);
  assert.equal(isLeft(tree, { kind: 'qdisc', op: 'replace', qdisc: BAND }, 3), true);
  assert.equal(isLeft(tree, { kind: 'qdisc', op: 'delete', qdisc: ROOT }, 3), true);
  assert.equal(isLeft(tree, { kind: 'qdisc', op: 'replace', qdisc: { ...BAND, device: 'ppp0' } }, 3), false);
});

/** Given up at 2 s. */
const LEFT_TABLE = madeAt({ kind: 'nft', op: 'load', ruleset: RULESET, lines: [] }, [0, 1, 2]);

test('the ruleset is left as a whole, but not another one that is wanted meanwhile', () => {
  for (const op of ['prepare', 'load', 'clean', 'update'] as const) {
    assert.equal(isLeft(LEFT_TABLE, { kind: 'nft', op, ruleset: RULESET, lines: [] }, 3), true, op);
    for (const ruleset of [
      { ...RULESET, living: [2] },
      { ...RULESET, build: 'def' },
    ])
      assert.equal(isLeft(LEFT_TABLE, { kind: 'nft', op, ruleset, lines: [] }, 3), false, op);
  }
  assert.equal(isLeft(LEFT_TABLE, { kind: 'nft', op: 'delete', lines: [] }, 3), false);
  const nft = { ...RULESET, living: [2] };
  const { repairs } = noteRepairs(LEFT_TABLE, [], DESIRED, { ...DESIRED, nft }, 4, seeing());
  assert.equal(isLeft(repairs, { kind: 'nft', op: 'load', ruleset: nft, lines: [] }, 5), false);
});

const ADD: Change = { kind: 'route', op: 'add', route: ROUTE };
const THERE = { routes: [ROUTE] };

/** Looks at a route that was given up at 2 s, once a second from 3 s on: it is missing, or as it should be. */
const lookedAt = (...looks: readonly ('missing' | 'right')[]): Repairs =>
  looks.reduce(
    (repairs, found, second) =>
      noteRepairs(
        repairs,
        [],
        DESIRED,
        DESIRED,
        3 + second,
        found === 'missing' ? seeing([ADD]) : seeing([], THERE),
      ).repairs,
    madeAt(ADD, [0, 1, 2]),
  );

test('what was left and somebody else has made right is repaired again, three times as before', () => {
  const again = lookedAt('missing', 'right');
  assert.equal(isLeft(again, ADD, 5), false);
  assert.equal(isLeft(madeAt(ADD, [5, 6], again), ADD, 7), false);
  assert.equal(isLeft(madeAt(ADD, [5, 6, 7], again), ADD, 8), true);
});

test('that our own last repair still stands ends nothing, until it has stood for a minute', () => {
  const standing = lookedAt('right', 'right');
  assert.equal(isLeft(standing, ADD, 5), true);
  const { repairs } = noteRepairs(standing, [], DESIRED, DESIRED, 61, seeing([], THERE));
  assert.equal(isLeft(repairs, ADD, 61), true);
  const later = noteRepairs(repairs, [], DESIRED, DESIRED, 62, seeing([], THERE)).repairs;
  assert.equal(isLeft(later, ADD, 62), false);
});

test('what stays missing stays left', () => {
  assert.equal(isLeft(lookedAt('right', 'missing', 'missing'), ADD, 6), true);
});

test('who takes it away and puts it back again and again is joined once a minute', () => {
  const looks = Array.from({ length: 200 }, (_, second) => second);
  let repairs = NO_REPAIRS;
  let made = 0;
  for (const now of looks) {
    const isMissing = now % 2 === 0;
    const left = isMissing && isLeft(repairs, ADD, now);
    const done = isMissing && !left ? [ADD] : [];
    made += done.length;
    const seen = isMissing ? seeing(left ? [ADD] : []) : seeing([], THERE);
    repairs = noteRepairs(repairs, done, DESIRED, DESIRED, now, seen).repairs;
  }
  // Three at first, and for each time that it was settled: at 7, 67 and so on.
  assert.ok(made >= 6 && made <= 15, `${made} repairs in ${looks.length} s`);
});

test("another program's route in its place is not as it should be", () => {
  const foreign = { routes: [sampleRoute({ protocol: 11 })] };
  const { repairs } = noteRepairs(lookedAt('missing'), [], DESIRED, DESIRED, 4, seeing([], foreign));
  assert.equal(isLeft(repairs, ADD, 5), true);
});

test('what was not read, or believed without reading, is not known to be as it should be', () => {
  const tree: Change = { kind: 'qdisc', op: 'replace', qdisc: ROOT };
  const load: Change = { kind: 'nft', op: 'load', ruleset: RULESET, lines: [] };
  const after = (change: Change, seen: Seen): boolean => {
    const undone = noteRepairs(madeAt(change, [0, 1, 2]), [], DESIRED, DESIRED, 3, seeing([change])).repairs;
    return isLeft(noteRepairs(undone, [], DESIRED, DESIRED, 4, seen).repairs, change, 5);
  };
  assert.equal(after(tree, seeing([], { qdiscs: undefined })), true);
  assert.equal(after(tree, seeing()), false);
  assert.equal(after(load, seeing([], { nft: undefined })), true);
  assert.equal(after(load, seeing([], {}, false)), true);
  assert.equal(after(load, seeing()), false);
});

test('what was repaired now and then is forgotten', () => {
  const [change] = REPAIRS;
  assert.ok(change !== undefined);
  const once = madeAt(change, [0]);
  assert.equal(noteRepairs(once, [], DESIRED, DESIRED, 59, seeing()).repairs.size, 1);
  assert.equal(noteRepairs(once, [], DESIRED, DESIRED, 60, seeing()).repairs.size, 0);
  const left = madeAt(change, [0, 1, 2]);
  assert.equal(noteRepairs(left, [], DESIRED, DESIRED, 301, seeing()).repairs.size, 1);
  assert.equal(noteRepairs(left, [], DESIRED, DESIRED, 302, seeing()).repairs.size, 0);
});

test('an uplink that flaps as it likes is never left, whatever else changes in between', () => {
  const values = [ROUTE, OTHER_VALUE, undefined];
  check(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 2 }), fc.integer({ min: 1, max: 30 })), { maxLength: 60 }),
      (steps) => {
        let repairs = NO_REPAIRS;
        let before = NOTHING;
        let now = 0;
        for (const [value, seconds] of steps) {
          now += seconds;
          const route = values[value];
          const desired: Desired = { ...NOTHING, routes: route === undefined ? [] : [route] };
          const [old] = before.routes;
          // As a plan has it: nothing where nothing else is desired.
          const changes: Change[] =
            old === route
              ? []
              : [
                  route === undefined
                    ? { kind: 'route', op: 'delete', route: old ?? ROUTE }
                    : { kind: 'route', op: old === undefined ? 'add' : 'replace', route },
                ];
          const left = changes.filter((change) => isLeft(repairs, change, now));
          assert.deepEqual(left, []);
          repairs = noteRepairs(repairs, changes, before, desired, now, seeing()).repairs;
          before = desired;
        }
      },
    ),
    300,
  );
});

test('no thing is ever repaired more than three times in a minute, nor left longer than 300 s', () => {
  check(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 200 }), (steps) => {
      const change: Change = { kind: 'route', op: 'add', route: ROUTE };
      let repairs = NO_REPAIRS;
      let now = 0;
      let made: number[] = [];
      let leftSince: number | undefined;
      for (const seconds of steps) {
        now += seconds;
        const left = isLeft(repairs, change, now);
        if (!left) made = [...made.filter((time) => now - time < 60), now];
        leftSince = left ? (leftSince ?? made.at(-1) ?? now) : undefined;
        assert.ok(made.length <= 3, `${made}`);
        assert.ok(now - (leftSince ?? now) < 300, `left since ${leftSince} at ${now}`);
        repairs = noteRepairs(
          repairs,
          left ? [] : [change],
          DESIRED,
          DESIRED,
          now,
          seeing(left ? [change] : []),
        ).repairs;
      }
    }),
    300,
  );
});
