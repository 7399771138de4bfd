import { closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { messageOf } from '../errors.ts';
import { LOG_FILE } from './paths.ts';
import { codeOf } from './run-dir.ts';
import { stripControl, stripFields } from './strip-control.ts';

export { stripControl };

/** What the setting `log` may be: the least level that is written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'off';

type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Writes one JSON object a line. None of its functions ever throws. */
export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  /** How many lines were lost and why, for the operator; undefined as long as all went well. */
  readonly failed: () => string | undefined;
  /** Closes the file; what comes afterwards goes nowhere. */
  readonly close: () => void;
}

/**
 * Opens the log, made with mode 0640 if missing. With `stderr`, warnings and errors are printed there too, as
 * `warning: MESSAGE`. A log that cannot be opened or written swallows its lines, and `failed` says why.
 */
export const openLog = (options: { level: LogLevel; file?: string; stderr?: boolean }): Log => {
  const { level, file = LOG_FILE, stderr = false } = options;
  const sink = level === 'off' ? NOWHERE : openSink(file, level);
  const write =
    (severity: Exclude<LogLevel, 'off'>): Write =>
    (fields, message) => {
      const text = stripControl(message);
      if (stderr && (severity === 'warn' || severity === 'error')) printStderr(severity, text);
      sink.write(severity, fields, text);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    failed: sink.failed,
    close: sink.close,
  };
};

interface Sink {
  readonly write: (level: Exclude<LogLevel, 'off'>, fields: object, message: string) => void;
  readonly failed: () => string | undefined;
  readonly close: () => void;
}

const NOWHERE: Sink = { write: () => undefined, failed: () => undefined, close: () => undefined };

const openSink = (file: string, level: Exclude<LogLevel, 'off'>): Sink => {
  let cause: unknown;
  // pino reports one failure more than once: lines are counted, not reports.
  const lines = { written: 0, lost: 0, lastLost: 0 };
  const fail = (thrown: unknown): void => {
    cause ??= thrown;
    if (lines.lastLost !== lines.written) lines.lost += 1;
    lines.lastLost = lines.written;
  };
  const failed = (): string | undefined =>
    cause === undefined ? undefined : failureOf(file, lines.lost, cause);
  try {
    const fd = openFile(file);
    const logger = makeLogger(fd, level, fail);
    return { ...sinkOf(logger, fd, lines, fail), failed };
  } catch (thrown) {
    cause = thrown;
    return { ...NOWHERE, failed };
  }
};

const sinkOf = (
  logger: Logger,
  fd: number,
  lines: { written: number },
  fail: (thrown: unknown) => void,
): Omit<Sink, 'failed'> => {
  let open = true;
  return {
    write: (level, fields, message) => {
      if (!open || !logger.isLevelEnabled(level)) return;
      try {
        lines.written += 1;
        logger[level](stripFields(fields), message);
      } catch (thrown) {
        fail(thrown);
      }
    },
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
};

/** pppd runs hooks with umask 077, so the mode is set; a file that is there keeps the mode that it was given. */
const openFile = (file: string): number => {
  // O_NONBLOCK: a pipe that nobody reads must not stop a hook.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return openSync(file, flags);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw thrown;
  }
  const fd = openSync(file, flags | constants.O_CREAT, 0o640);
  fchmodSync(fd, 0o640);
  return fd;
};

/** Without `error` listener pino would throw ENOSPC into the apply; it would also repeat EAGAIN for ever. */
const makeLogger = (fd: number, level: string, fail: (thrown: unknown) => void): Logger => {
  const stream = destination({ dest: fd, sync: true, maxLength: MOST_UNWRITTEN, retryEAGAIN: () => false });
  stream.on('error', fail);
  stream.on('drop', () => fail(new Error('too much waits to be written')));
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime, formatters }, stream);
};

/** Most bytes that are kept for a disk that may have space again. */
const MOST_UNWRITTEN = 1024 * 1024;

const failureOf = (file: string, lost: number, cause: unknown): string => {
  const remedy = REMEDY[codeOf(cause) ?? ''] ?? `check ${file}`;
  const what = lost === 0 ? 'the log cannot be opened' : `${lost} line${lost === 1 ? '' : 's'} not logged`;
  return `${file}: ${what}: ${stripControl(messageOf(cause))}; ${remedy}`;
};

const REMEDY: Readonly<Record<string, string>> = {
  ENOENT: 'make its directory',
  EACCES: 'run this as root',
  ENOSPC: 'free some space there',
  EDQUOT: 'free some space there',
  EROFS: 'mount its file system writable',
  ELOOP: 'replace the symbolic link by a file',
};

const printStderr = (severity: 'warn' | 'error', text: string): void => {
  try {
    process.stderr.write(`${severity === 'warn' ? 'warning' : 'error'}: ${text}\n`);
  } catch {
    // Nobody reads it; the file has it too.
  }
};
