import { createColors, wantsColor } from '../../../src/report/colors.ts';

/** What a person looks at: headings with the seconds since the clock was started, and text below them. */
export type Screen = {
  /** Starts the clock of the headings. */
  startClock(): void;
  /** Prints a heading; on a terminal the seconds that the step takes are counted on a line of their own. */
  step(text: string): void;
  /** Prints text as it is. */
  print(text: string): void;
  /** Prints text below the heading, indented. */
  say(text: string): void;
  /** A command as typed by root in the guest, and what it printed. */
  command(line: string, output: string): void;
  /** Ends the running step's counter. */
  rest(): void;
  readonly paint: ReturnType<typeof createColors>;
};

const COLUMNS = 80;
/** Before text, and before what a command prints. */
const INDENT = ' '.repeat(9);
const MARGIN = '  ';
const TICK_MS = 200;

/** Colour and counters only on a terminal. */
export const openScreen = (stream: NodeJS.WriteStream = process.stdout): Screen => {
  const paint = createColors(wantsColor(stream, process.env));
  let began: number | undefined;
  let ticker: NodeJS.Timeout | undefined;

  const elapsed = (): string =>
    began === undefined ? '' : `${((performance.now() - began) / 1000).toFixed(1)} s`;
  const erase = (): void => {
    if (ticker !== undefined) stream.write('\r\x1b[K');
  };
  const rest = (): void => {
    erase();
    clearInterval(ticker);
    ticker = undefined;
  };
  const print = (text: string): void => {
    erase();
    stream.write(`${text}\n`);
  };
  const count = (): void => {
    if (stream.isTTY !== true) return;
    const since = performance.now();
    const draw = (): void => {
      const seconds = Math.floor((performance.now() - since) / 1000);
      if (seconds > 0) stream.write(`\r\x1b[K${INDENT}${paint.dim(`… ${seconds} s`)}`);
    };
    ticker = setInterval(draw, TICK_MS);
    ticker.unref();
  };
  const say = (text: string): void => print(text.replace(/^(?=.)/gm, INDENT));

  return {
    startClock: () => {
      began = performance.now();
    },
    step: (text) => {
      rest();
      print(`\n${elapsed().padStart(7)}  ${paint.bold(text)}`);
      count();
    },
    print,
    say,
    command: (line, output) => {
      print(`\n${MARGIN}${paint.dim('#')} ${line}`);
      print(wrap(output.trimEnd(), MARGIN).replace(/^(?=.)/gm, MARGIN));
    },
    rest,
    paint,
  };
};

/** Breaks lines at spaces so that they fit after an indentation. */
export const wrap = (text: string, indent = INDENT): string => {
  const width = COLUMNS - indent.length;
  return text.replace(new RegExp(`(?=.{${width + 1}})(.{1,${width}}) `, 'g'), '$1\n');
};
