/**
 * Lines and columns of values. Loaded only when there is something to report: this parser costs a hook
 * too much.
 */
import { type AST, parseTOML } from 'toml-eslint-parser';
import type { Path, Problem } from './problem.ts';

/** Where something starts; both count from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** The same problems, each with the position of its key or of the nearest table around it, in file order. */
export const withPositions = (text: string, problems: readonly Problem[]): Problem[] => {
  const positions = positionsOf(text);
  return problems
    .map((problem) => ({ ...problem, ...nearest(positions, problem.path) }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
};

/**
 * The position of each table header and key, by its path. None if the two parsers disagree about the
 * text.
 */
const positionsOf = (text: string): ReadonlyMap<string, Position> => {
  try {
    const tables = parseTOML(text, { tomlVersion: 'latest' }).body[0].body.flatMap((node) =>
      node.type === 'TOMLTable'
        ? [place(node.resolvedKey, node), ...node.body.flatMap((entry) => placesIn(entry, node.resolvedKey))]
        : placesIn(node, []),
    );
    // Of several that share a path, the first: a Map keeps the last.
    return new Map(tables.flatMap(withParents).reverse());
  } catch {
    return new Map();
  }
};

interface Place {
  readonly path: Path;
  readonly position: Position;
}

const place = (path: Path, { loc }: AST.TOMLNode): Place => ({
  path,
  position: { line: loc.start.line, column: loc.start.column + 1 },
});

const placesIn = (entry: AST.TOMLKeyValue, parent: Path): Place[] => {
  const path = [...parent, ...entry.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value))];
  return [place(path, entry), ...placesBelow(entry.value, path)];
};

const placesBelow = (value: AST.TOMLContentNode, path: Path): Place[] => {
  if (value.type === 'TOMLInlineTable') return value.body.flatMap((entry) => placesIn(entry, path));
  if (value.type !== 'TOMLArray') return [];
  return value.elements.flatMap((element, index) => [
    place([...path, index], element),
    ...placesBelow(element, [...path, index]),
  ]);
};

/** `[[uplink]]` also says where the list of uplinks starts. */
const withParents = ({ path, position }: Place): [string, Position][] =>
  path.map((_, end) => [nameOf(path.slice(0, end + 1)), position]);

const nearest = (positions: ReadonlyMap<string, Position>, path: Path): Position | undefined => {
  for (let end = path.length; end > 0; end -= 1) {
    const position = positions.get(nameOf(path.slice(0, end)));
    if (position !== undefined) return position;
  }
  return undefined;
};

const nameOf = (path: Path): string => JSON.stringify(path);
