import type { Session } from '../model.ts';

/**
 * Checks by hand for the files that we wrote ourselves: a schema library would cost a hook more than all its
 * reading. Each reader returns its value, or undefined for anything of another shape.
 */
export type Reader<T> = (value: unknown) => T | undefined;

type Readers<T> = { readonly [K in keyof T]-?: Reader<T[K]> };

/**
 * The fields of a parsed JSON object that have the right shape. Unknown keys are dropped; `lost` hears the name of
 * every key whose value is not what it should be.
 */
export const readFields = <T extends object>(
  value: Readonly<Record<string, unknown>>,
  readers: Readers<T>,
  lost: (key: string) => void = () => undefined,
): Partial<T> => {
  const fields: [string, unknown][] = [];
  for (const [key, read] of Object.entries<Reader<unknown>>(readers)) {
    if (!Object.hasOwn(value, key)) continue;
    const field = read(value[key]);
    if (field === undefined) lost(key);
    else fields.push([key, field]);
  }
  return Object.fromEntries(fields) as Partial<T>;
};

/** A JSON object, not an array and not null. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One of some words. */
export const oneOf =
  <const T extends string>(...words: readonly T[]): Reader<T> =>
  (value) =>
    words.find((word) => word === value);

/** A whole number from 0: seconds, bytes, the value of a sysctl. */
export const readCount: Reader<number> = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** A whole number from 1: an ifindex, a process id. */
export const readId: Reader<number> = (value) => readCount(value) || undefined;

/** Seconds since boot, with fractions. */
export const readSeconds: Reader<number> = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/** A device name: the kernel's dev_valid_name(), and the colon of ifupdown's aliases (`eth0:1`). */
export const readDevice: Reader<string> = (value) =>
  typeof value === 'string' && /^[^\s/\p{Cc}]{1,15}$/u.test(value) && value !== '.' && value !== '..'
    ? value
    : undefined;

/** Text that may be an address of either family; whoever uses it looks closer. */
export const readAddress: Reader<string> = (value) =>
  typeof value === 'string' && /^[0-9a-f.:]{2,45}$/i.test(value) ? value : undefined;

/** What pppd counted: all three numbers, or nothing. */
export const readSession: Reader<Session> = (value) => {
  if (!isRecord(value)) return undefined;
  const readers = { seconds: readCount, sent: readCount, received: readCount };
  const { seconds, sent, received } = readFields<Session>(value, readers);
  if (seconds === undefined || sent === undefined || received === undefined) return undefined;
  return { seconds, sent, received };
};
