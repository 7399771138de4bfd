import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assignSlots, type Deal, type Member, SLOTS } from '../../../src/ruleset/slots.ts';
import { check } from '../properties/check.ts';

const DEALS: readonly Deal[] = ['hash', 'turn'];

/** Uplinks with the ids 1, 2, 3, … and these weights. */
const withWeights = (...weights: readonly number[]): Member[] =>
  weights.map((weight, index) => ({ id: index + 1, weight }));

const idsOf = (members: readonly Member[]): Set<number> => new Set(members.map(({ id }) => id));

const without = (members: readonly Member[], ...dead: readonly number[]): Set<number> =>
  new Set([...idsOf(members)].filter((id) => !dead.includes(id)));

const countOf = (owners: readonly number[], id: number): number =>
  owners.filter((owner) => owner === id).length;

/** How many slots differ. */
const distance = (a: readonly number[], b: readonly number[]): number =>
  a.filter((owner, slot) => owner !== b[slot]).length;

/** The most slots that any living uplink has too many or too few, compared with its exact share. */
const worstError = (members: readonly Member[], living: ReadonlySet<number>, deal: Deal): number => {
  const owners = assignSlots(members, living, deal);
  const alive = members.filter(({ id }) => living.has(id));
  const total = alive.reduce((sum, { weight }) => sum + weight, 0);
  return Math.max(...alive.map(({ id, weight }) => Math.abs(countOf(owners, id) - (SLOTS * weight) / total)));
};

const members = (maxLength: number): fc.Arbitrary<Member[]> =>
  fc.uniqueArray(
    fc.record({ id: fc.integer({ min: 1, max: 62 }), weight: fc.integer({ min: 1, max: 256 }) }),
    {
      selector: ({ id }) => id,
      minLength: 1,
      maxLength,
    },
  );

const deals = fc.constantFrom(...DEALS);

/** Uplinks, and those of them that live. */
const pools = members(12).chain((all) =>
  fc.tuple(fc.constant(all), fc.subarray([...idsOf(all)], { minLength: 1 }), deals),
);

test('every slot has a living uplink', () => {
  check(
    fc.property(pools, ([all, living, deal]) => {
      const owners = assignSlots(all, new Set(living), deal);
      assert.equal(owners.length, SLOTS);
      assert.ok(owners.every((owner) => living.includes(owner)));
    }),
    200,
  );
});

test('while all live, each has its share to a slot', () => {
  check(
    fc.property(members(62), deals, (all, deal) => {
      assert.ok(worstError(all, idsOf(all), deal) <= 1);
    }),
    100,
  );
});

test('an uplink that dies moves its own slots only, whichever others are dead', () => {
  check(
    fc.property(pools, fc.nat(), ([all, living, deal], pick) => {
      const victim = living[pick % living.length];
      const rest = living.filter((id) => id !== victim);
      fc.pre(rest.length > 0);
      const before = assignSlots(all, new Set(living), deal);
      const after = assignSlots(all, new Set(rest), deal);
      before.forEach((owner, slot) => {
        if (owner !== victim) assert.equal(after[slot], owner, `slot ${slot}`);
      });
    }),
    300,
  );
});

test('with one of several dead each share is still right to a slot', () => {
  for (const weights of [
    [1, 2, 3],
    [5, 1, 1],
    [1, 2, 3, 2, 1],
    [3, 1, 7, 2, 5, 1, 10, 4, 6, 2, 8, 1],
    Array.from({ length: 12 }, () => 1),
  ]) {
    const all = withWeights(...weights);
    for (const { id } of all)
      for (const deal of DEALS) {
        const error = worstError(all, without(all, id), deal);
        assert.ok(error <= 1, `weights ${weights.join()}, ${id} dead, ${deal}: ${error} slots`);
      }
  }
});

test('with several dead a share is wrong by a few slots', () => {
  const five = withWeights(1, 2, 3, 2, 1);
  const twelve = withWeights(3, 1, 7, 2, 5, 1, 10, 4, 6, 2, 8, 1);
  for (const deal of DEALS) {
    assert.ok(worstError(five, without(five, 1, 3), deal) <= 3);
    assert.ok(worstError(twelve, without(twelve, 3, 7), deal) <= 8);
    assert.ok(worstError(twelve, without(twelve, 1, 3, 5, 7), deal) <= 20);
  }
});

test('the slot that rounding leaves over is not always the one of the lowest id', () => {
  const lucky = Array.from({ length: 20 }, (_, shift) => {
    const three = [1, 2, 3].map((id) => ({ id: id + shift * 3, weight: 1 }));
    const owners = assignSlots(three, idsOf(three), 'hash');
    return three.findIndex(({ id }) => countOf(owners, id) === 342);
  });
  assert.deepEqual([...new Set(lucky)].sort(), [0, 1, 2]);
});

test('the order in which the configuration names uplinks changes nothing', () => {
  const all = withWeights(1, 2, 3, 2, 1);
  const reversed = all.toReversed();
  assert.deepEqual(assignSlots(reversed, without(all, 2), 'hash'), assignSlots(all, without(all, 2), 'hash'));
  assert.deepEqual(assignSlots(reversed, without(all, 2), 'turn'), assignSlots(all, without(all, 2), 'turn'));
});

test('another weight or another uplink moves hardly more slots than it must', () => {
  for (const weights of [
    [1, 1, 1],
    [1, 2, 3, 2, 1],
    [3, 1, 7, 2, 5, 1, 10, 4, 6, 2, 8, 1],
  ]) {
    const before = withWeights(...weights);
    for (const after of [withWeights(...weights, 2), withWeights(9, ...weights.slice(1))]) {
      const [old, now] = [before, after].map((all) => assignSlots(all, idsOf(all), 'hash'));
      assert.ok(old !== undefined && now !== undefined);
      const needed = after.reduce((sum, { id }) => sum + Math.max(0, countOf(now, id) - countOf(old, id)), 0);
      assert.ok(distance(old, now) <= needed * 1.25 + 8, `${distance(old, now)}, needed ${needed}`);
    }
  }
});

test('scattered slots have no pattern: each stretch of them is shared by weight', () => {
  const all = withWeights(1, 3);
  const owners = assignSlots(all, idsOf(all), 'hash');
  for (let start = 0; start < SLOTS; start += 256) {
    const count = countOf(owners.slice(start, start + 256), 1);
    assert.ok(count > 40 && count < 90, `${count} of 256 from ${start} on`);
  }
});

test('in turn, every round of weights has each uplink as often as its weight says, within one', () => {
  for (const weights of [
    [1, 1],
    [1, 3],
    [5, 2, 1],
    [4, 1, 2, 1],
  ]) {
    const all = withWeights(...weights);
    const round = weights.reduce((sum, weight) => sum + weight, 0);
    const owners = assignSlots(all, idsOf(all), 'turn');
    for (let start = 0; start + round <= SLOTS; start += 1)
      for (const { id, weight } of all) {
        const count = countOf(owners.slice(start, start + round), id);
        assert.ok(
          Math.abs(count - weight) <= 1,
          `weights ${weights.join()}, from ${start}: ${id} ${count} times`,
        );
      }
  }
});

test('in turn, two equal uplinks alternate', () => {
  assert.deepEqual(assignSlots(withWeights(1, 1), new Set([1, 2]), 'turn').slice(0, 6), [1, 2, 1, 2, 1, 2]);
});

test('without a living uplink no slot has one', () => {
  for (const all of [[], withWeights(1, 2)])
    for (const deal of DEALS) assert.deepEqual(assignSlots(all, new Set(), deal), new Array(SLOTS).fill(0));
});

test('the only living uplink has every slot', () => {
  for (const deal of DEALS)
    assert.equal(countOf(assignSlots(withWeights(1, 9, 9), new Set([1]), deal), 1), SLOTS);
});
