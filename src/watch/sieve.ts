/** Finds in the output of a tool the lines that matter, at a bounded price, however fast they come. */

export interface Sieve {
  /** The next piece of output, cut anywhere. */
  readonly take: (chunk: string) => void;
  readonly stop: () => void;
}

export interface SieveOptions {
  readonly concerns: (line: string) => boolean;
  /** Called with the first line of concern, and not again for HOLD milliseconds. */
  readonly onHit: (line: string) => void;
}

/**
 * Milliseconds after a hit in which lines are dropped: the run that it asks for begins no sooner, and looks at what they
 * tell as well. At most the `settle` of the schedule.
 */
const COVERED = 4;

/** Milliseconds after a hit in which lines are kept and not yet tested: a flood asks 20 times a second. */
const HOLD = 50;

/** Most characters that are kept; what is longer is taken to be of concern. */
const MOST_KEPT = 65_536;

/** Makes a sieve for one stream. */
export const createSieve = ({ concerns, onHit }: SieveOptions): Sieve => {
  /** The beginning of a line whose end has not come yet. */
  let begun = '';
  let hold: NodeJS.Timeout | undefined;
  let hitAt = 0;
  let kept = '';
  let overfull = false;

  const hit = (line: string): void => {
    hitAt = performance.now();
    hold = setTimeout(release, HOLD);
    onHit(line);
  };

  const test = (text: string): void => {
    const found = text.split('\n').find(concerns);
    if (found !== undefined) hit(found);
  };

  const release = (): void => {
    const text = kept;
    const tooMuch = overfull;
    hold = undefined;
    kept = '';
    overfull = false;
    if (tooMuch) hit('more lines than are read one by one');
    else if (text !== '') test(text);
  };

  const keep = (text: string): void => {
    if (performance.now() - hitAt < COVERED) return;
    if (kept.length + text.length > MOST_KEPT) {
      kept = '';
      overfull = true;
    } else if (!overfull) kept += text;
  };

  return {
    take: (chunk) => {
      const text = begun + chunk;
      const end = text.lastIndexOf('\n') + 1;
      // A line without end is nothing that a tool prints: its beginning is enough.
      begun = text.slice(end).slice(0, MOST_KEPT);
      if (end === 0) return;
      if (hold === undefined) test(text.slice(0, end));
      else keep(text.slice(0, end));
    },
    stop: () => clearTimeout(hold),
  };
};
