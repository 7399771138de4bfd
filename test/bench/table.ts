/** One figure: every value that was measured, and what it may be at most. */
export interface Row {
  readonly what: string;
  readonly most: number;
  readonly unit: string;
  readonly values: readonly number[];
  /** CPU milliseconds over the base, of the stub and all that it starts: another load does not change them much. */
  readonly cpu?: number;
}

const WIDTHS = [38, 8, 7, 13, 4] as const;

/** One line of the table, in 80 columns. */
export const print = (...cells: readonly string[]): void =>
  console.log(
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[column] ?? 0)))
      .join(' ')
      .trimEnd(),
  );

/** The median. */
export const middleOf = (values: readonly number[]): number => quantileOf(values, 0.5);

/** The value below which this part of all lies, 0..1. */
export const quantileOf = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))] ??
  Number.NaN;

/** Prints a figure, by its median or by its worst value; returns whether it is met. */
export const printRow = ({ what, most, unit, values, cpu }: Row, useMost: boolean): boolean => {
  const sorted = values.toSorted((a, b) => a - b);
  const number = (value: number | undefined): string =>
    value === undefined ? '-' : Number.isInteger(value) ? String(value) : value.toFixed(1);
  const middle = useMost ? sorted.at(-1) : sorted[sorted.length >> 1];
  const met = middle !== undefined && middle <= most;
  const target = most === Infinity ? '' : `${most} ${unit}`.trim();
  const range = `${number(sorted[0])}..${number(sorted.at(-1))}`;
  print(what, target, number(middle), range, cpu === undefined ? '' : cpu.toFixed(0), met ? '' : 'missed');
  return met;
};
