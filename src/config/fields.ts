/** Kinds of values that the schemas are made of. Each says in words what it wants. */
import * as v from 'valibot';
import { parseRate } from './rate.ts';

/** A whole number with bounds that need no explanation; validate.ts knows the ones that do. */
export const integer = (min: number, max: number) => {
  const range = `must be ${min}..${max}`;
  const whole = `must be a whole number, ${min}..${max}`;
  return v.pipe(v.number(whole), v.integer(whole), v.minValue(min, range), v.maxValue(max, range));
};

/** A number with bounds, not necessarily whole. */
export const number = (min: number, max: number) => {
  const wanted = `must be a number, ${min}..${max}`;
  return v.pipe(v.number(wanted), v.minValue(min, wanted), v.maxValue(max, wanted));
};

/** `true` or `false`. */
export const flag = () => v.boolean('must be true or false');

/** One of some words. */
export const choice = <const T extends readonly [string, ...string[]]>(...words: T) =>
  v.picklist(words, `must be ${words.map((word) => `"${word}"`).join(' or ')}`);

/** Text that a function finds nothing wrong with; it says what is wrong otherwise. */
export const text = (problem: (value: string) => string | undefined) =>
  v.pipe(
    v.string('must be text in quotes'),
    v.check(
      (value) => problem(value) === undefined,
      (issue) => problem(issue.input) ?? '',
    ),
  );

/** Bits per second, written as tc(8) writes rates. */
export const rate = () =>
  v.pipe(
    v.string('must be text with a bit unit, because tc reads a bare number as bytes'),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const parsed = parseRate(dataset.value);
      if (typeof parsed === 'number') return parsed;
      addIssue({ message: parsed });
      return NEVER;
    }),
  );

/** Some of several words, none twice; may be empty. */
export const choices = <const T extends readonly [string, ...string[]]>(...words: T) =>
  v.pipe(
    v.array(choice(...words), 'must be a list'),
    v.check(
      (values) => new Set(values).size === values.length,
      ({ input }) => `names "${input.find((value, index) => input.indexOf(value) < index)}" twice`,
    ),
  );

/** A list of texts; may be empty. What they mean is judged elsewhere. */
export const texts = () => v.array(v.string('must be text in quotes'), 'must be a list of texts');

/** It would read as "nothing" and match anything. */
const EMPTY = 'is an empty list';

/** Texts, or a single one instead of a list of one; may be empty. */
export const maybeTexts = () =>
  v.pipe(
    v.union([v.string(), v.array(v.string())], 'must be text in quotes, or a list of such'),
    v.transform((value): readonly string[] => [value].flat()),
  );

/** A condition: texts, or a single one instead of a list of one. */
export const someTexts = () =>
  v.pipe(
    maybeTexts(),
    v.check((values) => values.length > 0, EMPTY),
  );

/** A condition: numbers or texts, or a single one instead of a list of one. */
export const someWords = () => {
  const word = v.union([v.number(), v.string()]);
  return v.pipe(
    v.union([word, v.array(word)], 'must be a number or text in quotes, or a list of such'),
    v.transform((value): readonly (number | string)[] => [value].flat()),
    v.check((values) => values.length > 0, EMPTY),
  );
};
