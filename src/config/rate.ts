/** Rates as an operator writes them. */

const UNIT = new Map([
  ['bit', 1],
  ['kbit', 1e3],
  ['mbit', 1e6],
  ['gbit', 1e9],
]);

/** Bytes to tc, or to whoever writes it: no unit, `kbps` and its like, and bare prefixes (tc(8), RATES). */
const BYTE_UNIT = /^([kmgt]?|[kmgt]?i?bps)$/;

/** Slower than this no device is; a rate limit of tc would hold a packet for seconds. */
const MIN_RATE = 8_000;
const MAX_RATE = 1e12;

/**
 * Bits per second of `900kbit`, `1.5mbit`, `1gbit`, or the reason for which the text is refused.
 * Only bit units: in tc(8) `kbps` and a bare number mean bytes per second.
 */
export const parseRate = (text: string): number | string => {
  const [, amount, written = ''] = /^([0-9]{1,12}(?:\.[0-9]{1,6})?)([A-Za-z]*)$/.exec(text) ?? [];
  const unit = written.toLowerCase();
  if (amount !== undefined && BYTE_UNIT.test(unit))
    return unit === '' ? 'has no unit, which tc reads as bytes' : `"${written}" means bytes to tc`;
  const factor = UNIT.get(unit);
  if (amount === undefined || factor === undefined) return 'must be a number and bit, kbit, mbit or gbit';
  const bits = Math.round(Number(amount) * factor);
  return bits < MIN_RATE || bits > MAX_RATE ? 'must be between 8kbit and 1000gbit' : bits;
};
