/** Tables that fit a terminal: what has no room in a row is said below it. */
import Table from 'cli-table3';

export interface Column<Row> {
  readonly head: string;
  readonly align?: 'left' | 'right';
  readonly cell: (row: Row) => string;
  readonly paint?: (text: string, row: Row) => string;
  /** Says the same in words, below the row: a column that has it may be left out of a narrow table. */
  readonly aside?: (row: Row) => readonly string[];
}

/** Spaces between columns. */
const GAP = 2;

/**
 * Lines of a table without borders, at most `width` characters wide if leaving out columns, from the right, achieves
 * it: the head, and for each row its line and what was left out of it.
 */
export const layOut = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): { readonly head: string; readonly rows: readonly { line: string; asides: readonly string[] }[] } => {
  const shown = fit(columns, rows, width);
  const left = columns.filter((column) => !shown.includes(column));
  const [head = '', ...lines] = draw(shown, rows);
  return {
    head,
    rows: rows.map((row, position) => ({
      line: lines[position] ?? '',
      asides: left.flatMap(({ aside }) => aside?.(row) ?? []),
    })),
  };
};

const fit = <Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Column<Row>[] => {
  const shown = [...columns];
  while (widthOf(shown, rows) > width) {
    const last = shown.findLastIndex(({ aside }) => aside !== undefined);
    if (last < 0) break;
    shown.splice(last, 1);
  }
  return shown;
};

const widthOf = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number =>
  columns.reduce(
    (sum, { head, cell }) => sum + GAP + Math.max(head.length, ...rows.map((row) => cell(row).length)),
    -GAP,
  );

const draw = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] => {
  const table = new Table({
    head: columns.map(({ head }) => head),
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    colAligns: columns.map(({ align = 'left' }) => align),
  });
  for (const row of rows) table.push(columns.map(({ cell, paint = String }) => paint(cell(row), row)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
};

/** Joins parts into lines of at most `width` characters, indented; a longer part has a line of its own. */
export const wrap = (parts: readonly string[], indent: number, width: number, comma = ', '): string[] => {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = `${lines.at(-1)}${comma}${part}`;
    if (lines.length > 0 && indent + longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines.map((line) => `${' '.repeat(indent)}${line}`);
};

const NO_BORDERS = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
);
