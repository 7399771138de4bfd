/** Most characters that one string of a remote or a tool may take in a log line or a message. */
export const TEXT_LIMIT = 2000;

/**
 * Text that is safe to print: line breaks and tabs become one space, every other control character (C0, DEL,
 * C1, and the Unicode marks that reorder or break lines) goes, and what is longer than `limit` characters is cut
 * and ends with `…`.
 */
export const stripControl = (text: string, limit: number = TEXT_LIMIT): string => {
  const plain = text.replace(BREAKS, ' ').replace(CONTROLS, '');
  return plain.length <= limit ? plain : `${plain.slice(0, limit - 1)}…`;
};

const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;

/** `Cc` is C0, DEL and C1; the others are the bidirectional marks, overrides and isolates. */
const CONTROLS = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * The same fields with every string in them, at any depth, safe to print; keys too. An error becomes its name,
 * message and stack, which JSON would drop.
 */
export const stripFields = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [stripControl(key), plain(value, 1)]));

/** How deep fields are followed: ours are flat, a cycle is a bug that must not hang a hook. */
const DEEPEST = 6;

const plain = (value: unknown, depth: number): unknown => {
  if (typeof value === 'string') return stripControl(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return '…';
  if (value instanceof Error) return plain(partsOf(value), depth);
  if (Array.isArray(value)) return value.map((item: unknown) => plain(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [stripControl(key), plain(field, depth + 1)]),
  );
};

const partsOf = (error: Error): object => ({
  name: error.name,
  message: error.message,
  stack: (error.stack ?? '').split('\n').filter((line) => /^ +at /.test(line)),
});
