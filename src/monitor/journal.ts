/** What the monitor tells people: on its standard output, which systemd keeps, and in the log. */
import { type LogLevel, openLog } from '../system/log.ts';
import { stripControl } from '../system/strip-control.ts';

/** Seconds after which a problem that lasts is said again. */
const SAY_AGAIN = 3600;

/** A problem that is said, and its lasting is not. */
const MOST_KNOWN = 1000;

export interface Journal {
  /** Something happened. */
  readonly say: (text: string, fields?: Readonly<Record<string, unknown>>) => void;
  /** Something is wrong; said once an hour as long as it is told again and again. */
  readonly problem: (text: string) => void;
  /** It is over: said at once when it comes again. */
  readonly solved: (text: string) => void;
}

/**
 * A journal that asks for the log's level each time, since the configuration may change. `now`: seconds that only grow.
 * The log is opened for each line, because logrotate moves it away.
 */
export const createJournal = (level: () => LogLevel, now: () => number): Journal => {
  const known = new Map<string, number>();
  return {
    say: (text, fields = {}) => {
      print(process.stdout, text);
      write(level(), 'info', fields, text);
    },
    problem: (text) => {
      const last = known.get(text);
      if (last !== undefined && now() - last < SAY_AGAIN) return;
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(text, now());
      print(process.stderr, text);
      write(level(), 'warn', {}, text);
    },
    solved: (text) => {
      known.delete(text);
    },
  };
};

const write = (
  level: LogLevel,
  severity: 'info' | 'warn',
  fields: Readonly<Record<string, unknown>>,
  text: string,
): void => {
  const log = openLog({ level });
  log[severity]({ hook: 'monitor', ...fields }, text);
  log.close();
};

const print = (stream: NodeJS.WriteStream, text: string): void => {
  stream.write(`${stripControl(text)}\n`);
};

/** A full disk behind our output, or nobody who reads it, is no reason to end: the log has it too. */
export const surviveClosedOutput = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => undefined);
  }
};
