/**
 * The one schema of /etc/mlb-hooks/config.toml. The types of the program come from it; keys are
 * kebab-case in the file and camelCase in the program.
 */
import * as v from 'valibot';
import { MAX_ID, MAX_KERNEL_PROTOCOL, MAX_TIER, MAX_WEIGHT } from './constants.ts';
import { deviceProblem, gatewayProblem, nameProblem } from './names.ts';
import { parseRate } from './rate.ts';

/** The [settings] table: each has a default. */
export type Settings = CamelKeys<v.InferOutput<typeof SettingsToml>>;

/** One [[uplink]]: `upload` in bits per second; without `qdiscReplace` the setting holds. */
export type Uplink = CamelKeys<v.InferOutput<typeof UplinkToml>>;

/** The configuration, complete with defaults. */
export type Config = { readonly settings: Settings; readonly uplinks: readonly Uplink[] };

/** Tables, priorities and marks are 32 bits wide (rtnetlink(7), fib_rules.h). */
const MAX_U32 = 0xffffffff;

/** A whole number with bounds that need no explanation; validate.ts knows the ones that do. */
const integer = (min: number, max: number) => {
  const range = `must be ${min}..${max}`;
  const whole = `must be a whole number, ${min}..${max}`;
  return v.pipe(v.number(whole), v.integer(whole), v.minValue(min, range), v.maxValue(max, range));
};

const flag = () => v.boolean('must be true or false');

const choice = <const T extends readonly [string, ...string[]]>(...words: T) =>
  v.picklist(words, `must be ${words.map((word) => `"${word}"`).join(' or ')}`);

/** Text that a function finds nothing wrong with; it says what is wrong otherwise. */
const text = (problem: (value: string) => string | undefined) =>
  v.pipe(
    v.string('must be text in quotes'),
    v.check(
      (value) => problem(value) === undefined,
      (issue) => problem(issue.input) ?? '',
    ),
  );

const rate = () =>
  v.pipe(
    v.string('must be text with a bit unit, because tc reads a bare number as bytes'),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const parsed = parseRate(dataset.value);
      if (typeof parsed === 'number') return parsed;
      addIssue({ message: parsed });
      return NEVER;
    }),
  );

/** [settings], as written in the file. */
export const SettingsToml = v.object({
  'table-base': v.optional(integer(0, MAX_U32), 7700),
  'priority-base': v.optional(integer(0, MAX_U32), 20000),
  'mark-mask': v.optional(integer(0, MAX_U32), 0x3f000000),
  protocol: v.optional(integer(MAX_KERNEL_PROTOCOL + 1, 255), 77),
  'main-routes': v.optional(choice('copy', 'rule'), 'copy'),
  /** Seconds; a hook at hangup never waits longer than 3, because pppd ends it after 5. */
  'lock-wait': v.optional(integer(1, 60), 10),
  /** The least that is written to the log. */
  log: v.optional(choice('debug', 'info', 'warn', 'error', 'off'), 'info'),
  'qdisc-replace': v.optional(flag(), false),
  /** Seconds between changes of sfq's hash, 0 for never (tc-sfq(8)). */
  'sfq-perturb': v.optional(integer(0, 3600), 10),
  'abort-connections': v.optional(flag(), true),
});

/** One [[uplink]], as written in the file. */
export const UplinkToml = v.object({
  id: integer(1, MAX_ID),
  name: text(nameProblem),
  device: text(deviceProblem),
  weight: v.optional(integer(1, MAX_WEIGHT), 1),
  tier: v.optional(integer(1, MAX_TIER), 1),
  qdisc: v.optional(choice('prio-sfq', 'fq_codel', 'cake', 'none'), 'prio-sfq'),
  upload: v.exactOptional(rate()),
  gateway: v.exactOptional(text(gatewayProblem)),
  'qdisc-replace': v.exactOptional(flag()),
});

type Camel<K extends string> = K extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : K;
type CamelKeys<T> = { readonly [K in keyof T as Camel<K & string>]: T[K] };

/** The same object with camelCase keys. Values stay as they are: no value of the schema is a table. */
export const camelKeys = <T extends object>(toml: T): CamelKeys<T> =>
  Object.fromEntries(
    Object.entries(toml).map(([key, value]) => [
      key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  ) as CamelKeys<T>;
