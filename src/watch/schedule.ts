/** When runs take place: soon after a cause, one at a time, and never one upon the other without a pause. */

export interface Schedule {
  /**
   * Asks for a run; causes that come until it begins share it. An urgent one waits for the usual rest alone, however
   * many others there are; it must be rare by itself.
   */
  readonly ask: (cause: string, urgency?: 'urgent') => void;
  /** No further runs; resolves when one that has begun has ended. */
  readonly stop: () => Promise<void>;
  /** Resolves when no run is going on or asked for. */
  readonly idle: () => Promise<void>;
}

/** Milliseconds: from the first cause to the run, and the least from the end of a run to the start of the next. */
export interface Pace {
  readonly settle: number;
  readonly rest: number;
}

/**
 * Runs that go on following each other without a pause get one that grows up to this many times their own duration, but
 * no more than that.
 */
const REST_PER_RUN = 10;
const LONGEST_REST = 2000;

/** So many follow without a longer one: a run hears of its own changes, and a line may come in several steps. */
const FOLLOWERS = 6;

/** Most causes that one run is told; a flood has thousands. */
const MOST_CAUSES = 50;

/** Makes a schedule of `run`, which catches what it throws: nothing here does. */
export const createSchedule = (run: (causes: readonly string[]) => Promise<void>, pace: Pace): Schedule => {
  const causes = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let stopped = false;
  /** Asked for before the rest was over. */
  let hurried = false;
  let followers = 0;
  let { rest } = pace;
  let earliest = 0;
  let ended = Number.NEGATIVE_INFINITY;
  let urgent = false;
  let waiting: (() => void)[] = [];

  const arm = (): void => {
    if (stopped || running || timer !== undefined || causes.size === 0) return;
    const start = urgent ? ended + pace.rest : earliest;
    timer = setTimeout(() => void perform(), Math.max(pace.settle, start - performance.now()));
  };

  const perform = async (): Promise<void> => {
    timer = undefined;
    running = true;
    const told = [...causes];
    causes.clear();
    const follows = hurried;
    hurried = false;
    urgent = false;
    const started = performance.now();
    try {
      await run(told);
    } finally {
      ended = performance.now();
      running = false;
      const longest = Math.max(pace.rest, Math.min(LONGEST_REST, REST_PER_RUN * (ended - started)));
      followers = follows ? followers + 1 : 0;
      rest = followers > FOLLOWERS ? Math.min(longest, 2 * rest) : pace.rest;
      earliest = ended + rest;
      arm();
      release();
    }
  };

  const isIdle = (): boolean => !running && timer === undefined;

  const release = (): void => {
    if (!isIdle()) return;
    const released = waiting;
    waiting = [];
    for (const resolve of released) resolve();
  };

  const idle = (): Promise<void> =>
    isIdle() ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));

  return {
    ask: (cause, urgency) => {
      if (running || performance.now() < earliest) hurried = true;
      if (causes.size < MOST_CAUSES) causes.add(cause);
      if (urgency !== undefined && !urgent) {
        urgent = true;
        // It may be set for later.
        clearTimeout(timer);
        timer = undefined;
      }
      arm();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      timer = undefined;
      release();
      return idle();
    },
    idle,
  };
};
