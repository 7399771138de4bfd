/** What can be wrong with a configuration, and how it is said. */
import { UserError } from '../errors.ts';

/** Where a value stands: `['uplink', 0, 'weight']`. Empty for the file as a whole. */
export type Path = readonly (string | number)[];

/** One thing that must be changed before the configuration is used. Line and column count from 1. */
export interface Problem {
  readonly line?: number;
  readonly column?: number;
  readonly path: Path;
  /** What, and why; names the uplink and shows the value as written. */
  readonly message: string;
  readonly remedy: string;
}

/** One thing that works now and will bite later. */
export interface Warning {
  readonly message: string;
  readonly remedy: string;
}

/** A configuration that cannot be used. The message has one line per problem. */
export class ConfigError extends UserError {
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    super(problems.map((problem) => problemText(file, problem)).join('\n'));
    this.name = 'ConfigError';
    this.file = file;
    this.problems = problems;
  }
}

/** A problem in one line: `FILE:12: uplink "dsl1": weight = 300: must be 1..256; REMEDY`. */
export const problemText = (file: string, problem: Problem): string => {
  const line = problem.line === undefined ? '' : `:${problem.line}`;
  const column = problem.column === undefined || problem.path.length > 0 ? '' : `:${problem.column}`;
  return `${file}${line}${column}: ${problem.message}; ${problem.remedy}`;
};
