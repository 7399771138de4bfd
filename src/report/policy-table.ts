import type { Paint } from './colors.ts';
import { type Column, layOut, wrap } from './layout.ts';
import type { PolicyReport } from './policies.ts';
import { count, percent } from './quantity.ts';

/** A table of the policies, at most `width` characters wide if they are; no lines without any. */
export const policyLines = (policies: readonly PolicyReport[], paint: Paint, width: number): string[] => {
  if (policies.length === 0) return [];
  const { head, rows } = layOut(columns(paint), policies, width);
  const indent = 8;
  return [head, ...rows.flatMap(({ line, asides }) => [line, ...wrap(asides, indent, width).map(paint.dim)])];
};

const columns = (paint: Paint): Column<PolicyReport>[] => [
  { head: 'POLICY', cell: ({ name }) => name },
  {
    head: 'NOW',
    cell: nowText,
    paint: (text, { takes }) => (takes === 'none' ? paint.red(text) : text),
  },
  { head: 'NEW', align: 'right', cell: ({ connections }) => count(connections) },
  { head: 'SHARE', align: 'right', cell: ({ share }) => percent(share) },
  { head: 'USES', cell: (policy) => usesOf(policy).join(', '), aside: usesOf },
];

/** Most characters of names in the column NOW; more of them are counted. */
const MAX_NAMES = 24;

const nowText = ({ takes, uplinks }: PolicyReport): string => {
  const names = uplinks.join(' + ');
  const chosen = names.length > MAX_NAMES && uplinks.length > 1 ? `${uplinks.length} uplinks` : names;
  return { uplinks: chosen, main: 'main', balance: 'any', none: 'none: refused' }[takes];
};

/** What a policy may take, in words: `dsl1 + dsl2`, `then lte`, `else reject`. */
const usesOf = ({ use, else: otherwise }: PolicyReport): string[] => {
  if (typeof use === 'string') return [use];
  const groups = use.map((names, place) => `${place === 0 ? '' : 'then '}${names.join(' + ')}`);
  return [...groups, `else ${otherwise}`];
};
