/** The configuration file: opened once, checked, read, parsed. */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { messageOf } from '../errors.ts';
import { CONFIG_FILE, LIB_DIR } from '../system/paths.ts';
import { ConfigError, type Problem } from './problem.ts';
import { readConfig } from './read.ts';
import type { Config } from './schema.ts';
import { userIds } from './users.ts';

export { ConfigError, type Problem } from './problem.ts';

/**
 * Reads and validates a configuration. Throws ConfigError with every problem: of the file if it may not be
 * trusted, else of its syntax, else of its content.
 */
export const loadConfig = async (
  file: string = CONFIG_FILE,
  uidOf?: (name: string) => number | undefined,
): Promise<Config> => parseConfig(readTrusted(file), file, uidOf);

/**
 * Validates the text of a configuration; `file` is for messages, `uidOf` knows the users of this machine. Throws
 * ConfigError.
 */
export const parseConfig = async (
  text: string,
  file: string = CONFIG_FILE,
  uidOf: (name: string) => number | undefined = userIds(),
): Promise<Config> => {
  const { config, problems } = readConfig(parseToml(text, file), uidOf);
  if (config !== undefined) return config;
  const { withPositions } = await import('./positions.ts');
  throw new ConfigError(file, withPositions(text, problems));
};

/** TOML only; a syntax error has a position and no company, since nothing after it can be believed. */
const parseToml = (text: string, file: string): Readonly<Record<string, unknown>> => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The first line says what is wrong; the rest repeats the place.
    const reason = error.message.split('\n', 1)[0]?.replace(/^Invalid TOML document: /, '') ?? '';
    throw new ConfigError(file, [
      {
        line: error.line,
        column: error.column,
        path: [],
        message: `not valid TOML: ${reason}`,
        remedy: 'correct that line (text stands in "quotes", numbers and true/false without)',
      },
    ]);
  }
};

/**
 * The text of a file that only its owner can have written, and whose owner is root (or the caller, for
 * `check` of a draft). One descriptor for the checks and the reading, so that nothing can be swapped between.
 * Symbolic links are followed: what they lead to is checked.
 */
const readTrusted = (file: string): string => {
  const fd = open(file);
  try {
    const problems = fileProblems(file, fstatSync(fd));
    if (problems.length > 0) throw new ConfigError(file, problems);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

/** O_NONBLOCK, since opening a FIFO would else wait for a writer, for ever. */
const open = (file: string): number => {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new ConfigError(file, [fileProblem(...openFailure(error, file))]);
  }
};

const openFailure = (error: unknown, file: string): [message: string, remedy: string] => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT')
    return ['does not exist', `start from the example: cp ${LIB_DIR}/current/templates/config.toml ${file}`];
  if (code === 'EACCES' || code === 'EPERM') return ['may not be read by this user', 'run it as root'];
  return [`cannot be opened: ${messageOf(error)}`, 'put a regular file there'];
};

const fileProblems = (file: string, stats: Stats): Problem[] => {
  if (!stats.isFile()) return [fileProblem('is not a regular file', 'put a regular file there')];
  const problems: Problem[] = [];
  const caller = process.geteuid?.() ?? 0;
  if (stats.uid !== 0 && stats.uid !== caller)
    problems.push(fileProblem(`belongs to uid ${stats.uid}, not to root`, `chown root: ${file}`));
  if ((stats.mode & 0o022) !== 0) {
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    problems.push(
      fileProblem(`can be written by others than its owner (mode ${mode})`, `chmod go-w ${file}`),
    );
  }
  return problems;
};

const fileProblem = (message: string, remedy: string): Problem => ({ path: [], message, remedy });
