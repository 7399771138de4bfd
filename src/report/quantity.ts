/** Numbers as people like to read them, in few characters. */

const UNITS: readonly [name: string, seconds: number][] = [
  ['d', 86400],
  ['h', 3600],
  ['min', 60],
];

/** Seconds in the largest unit that they fill twice: `90 s`, `5 min`, `3 h`, `12 d`. */
export const duration = (seconds: number): string => {
  const [name, size] = UNITS.find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${name}`;
};

/** A share, 0..1, in whole percent; `-` where it is not known. */
export const percent = (share: number | null): string =>
  share === null ? '-' : `${Math.round(share * 100)} %`;

/** Milliseconds, as a round trip has them: `0.4 ms`, `12 ms`; `-` where it is not known. */
export const milliseconds = (number: number | null): string =>
  number === null ? '-' : `${number < 9.95 ? number.toFixed(1) : Math.round(number)} ms`;

const PREFIXES: readonly [name: string, factor: number][] = [
  ['T', 1e12],
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
];

/** A number with at least two digits of the largest SI prefix: `9999`, `12 k`, `1234 M`; `-` where it is not known. */
export const count = (number: number | null): string => {
  if (number === null) return '-';
  const [name, factor] = PREFIXES.find(([, size]) => number >= 10 * size) ?? ['', 1];
  return `${Math.floor(number / factor)}${name === '' ? '' : ` ${name}`}`;
};

/** Bytes, as `count`: `812 B`, `12 kB`. */
export const bytes = (number: number | null): string => {
  if (number === null) return '-';
  const text = count(number);
  return text.includes(' ') ? `${text}B` : `${text} B`;
};
