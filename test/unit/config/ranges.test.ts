import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allInside, disjoint, merged, type Range } from '../../../src/config/ranges.ts';

const LIMIT = 40;

const range = fc
  .tuple(fc.nat(LIMIT), fc.nat(6))
  .map(([first, length]): Range => ({ first, last: first + length }));

const numbersOf = (ranges: readonly Range[]): number[] =>
  Array.from({ length: LIMIT + 8 }, (_, number) => number).filter((number) =>
    ranges.some(({ first, last }) => first <= number && number <= last),
  );

const read = (ranges: readonly Range[], fromSet: boolean) =>
  disjoint(
    ranges.map((value, index) => ({
      value,
      index,
      shown: `${value.first}-${value.last}`,
      ...(fromSet ? { fromSet: true as const } : {}),
    })),
  );

const overlap = (a: Range, b: Range): boolean => a.first <= b.last && b.first <= a.last;

test('there is a finding exactly if two written entries overlap, and then none for those of sets', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), (ranges) => {
      const some = ranges.some((a, i) => ranges.some((b, j) => i < j && overlap(a, b)));
      assert.equal(read(ranges, false).findings.length > 0, some);
      assert.deepEqual(read(ranges, true).findings, []);
    }),
  );
});

test('what remains is ascending and disjoint, and without findings it is everything', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), (ranges) => {
      const { values, findings } = read(ranges, false);
      for (const [index, value] of values.entries())
        assert.ok(index === 0 || (values[index - 1]?.last ?? 0) < value.first);
      if (findings.length === 0) assert.deepEqual(numbersOf(values), numbersOf(ranges));
    }),
  );
});

test('merged ranges have the same numbers and no neighbours', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 8 }), (ranges) => {
      const { values } = read(ranges, true);
      const joined = merged(values);
      assert.deepEqual(numbersOf(joined), numbersOf(values));
      for (const [index, value] of joined.entries())
        assert.ok(index === 0 || (joined[index - 1]?.last ?? 0) + 1 < value.first);
    }),
  );
});

test('merged ranges lie inside others exactly if their numbers do', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 4 }), fc.array(range, { maxLength: 8 }), (few, many) => {
      const [inner, outer] = [merged(read(few, true).values), merged(read(many, true).values)];
      const numbers = new Set(numbersOf(outer));
      assert.equal(
        allInside(inner, outer),
        numbersOf(inner).every((number) => numbers.has(number)),
      );
    }),
  );
});
