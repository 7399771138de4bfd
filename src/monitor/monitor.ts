/**
 * The process that sees what hooks cannot: lines that are up but dead, and changes that nobody told of. It decides
 * nothing that a hook would not: it writes down what it found and runs the same reconcile.
 */
import type { Config, UplinkStatus, Verdict } from '../model.ts';
import { loadMemory } from '../system/state.ts';
import { readUptime } from '../system/sysctl.ts';
import { readEarlier } from '../system/verdicts.ts';
import { makeConcern } from '../watch/concern.ts';
import { createSchedule } from '../watch/schedule.ts';
import { startWatch } from '../watch/watch.ts';
import { becomeMonitor } from './alone.ts';
import { openConfig } from './current-config.ts';
import { postGuardian } from './guardian.ts';
import { createJournal, surviveClosedOutput } from './journal.ts';
import { createLines } from './lines.ts';
import { createPublisher } from './publish.ts';
import { createRuns } from './runs.ts';
import { createSupervisor } from './systemd.ts';
import { createTeller } from './tell.ts';

/** Milliseconds: from the first sign of a change to the run, and the least between runs. */
const PACE = { settle: 5, rest: 100 } as const;

/** Milliseconds until a run is tried again that found the lock held. */
const BUSY = 50;

/** Seconds between looks at everything, also at what nobody watches. */
const LOOK = 30;

/** Seconds without a finished run after which systemd is told nothing more, and starts the monitor anew. */
const STUCK = 90;

/** Seconds between new numbers for Prometheus. */
const NUMBERS = 5;

/** Milliseconds until a run is tried again that could not do everything: twice as long each time. */
const RETRY = 1000;
const LONGEST_RETRY = 30_000;

/**
 * Runs until SIGTERM or SIGINT; the kernel stays as it is then, working. Throws a UserError where it cannot start: no
 * valid configuration, or another monitor. `program`: how `mlb-hooks` itself is run.
 */
export const runMonitor = async (version: string, program: readonly string[]): Promise<void> => {
  surviveClosedOutput();
  const config = await openConfig(() => journal);
  const journal = createJournal(() => config.known().settings.log, readUptime);
  becomeMonitor(readUptime(), journal.problem);
  const supervisor = createSupervisor(journal.problem);
  const teller = createTeller(journal, version, knownStatuses());
  const ended = nextSignal();
  const guardian = postGuardian(program, journal.problem);

  const found = (verdict: Verdict): void => {
    const name = config.known().uplinks.find(({ id }) => id === verdict.id)?.name ?? verdict.device;
    publish();
    schedule.ask(`${name} is ${verdict.health}`, 'urgent');
  };
  const publisher = createPublisher(readUptime, journal.problem);
  /** Whether a run has been done: before that, nothing is asked, and an earlier monitor's word is not made younger. */
  let isAsking = false;
  const publish = (): void => {
    if (isAsking) publisher.publish(lines.verdicts(), runs.left());
  };
  const lines = createLines({
    now: readUptime,
    onChange: found,
    onProblem: journal.problem,
    before: readEarlier(readUptime()),
  });
  const runs = createRuns({ config: config.read, verdicts: lines.verdicts, journal });

  let looked = Number.NEGATIVE_INFINITY;
  let finished = readUptime();
  let summary = '';
  let retry = RETRY;
  const run = async (causes: readonly string[]): Promise<void> => {
    const thorough = readUptime() - looked >= LOOK;
    const outcome = await runs.run(causes, thorough);
    finished = readUptime();
    if (outcome === 'busy') {
      // What they are is needed to judge what has to be repaired.
      setTimeout(() => causes.forEach((cause) => void schedule.ask(cause, 'urgent')), BUSY);
      return;
    }
    const isDone = outcome !== undefined && outcome.problems.length === 0;
    if (!isDone) setTimeout(() => schedule.ask('not everything could be done'), retry);
    retry = isDone ? RETRY : Math.min(2 * retry, LONGEST_RETRY);
    if (outcome === undefined) return;
    if (thorough) looked = readUptime();
    lines.follow(config.known(), outcome.states);
    isAsking = true;
    teller.tell(config.known(), outcome);
    publish();
    summary = summaryOf(outcome.states);
    supervisor.status(summary);
  };
  const schedule = createSchedule(run, PACE);
  const watch = startWatch({
    onChange: (what) => schedule.ask(what),
    onProblem: journal.problem,
    concerns: concernOf(config.known),
  });

  let numbered = Number.NEGATIVE_INFINITY;
  const beat = setInterval(() => {
    lines.tick();
    publish();
    const now = readUptime();
    if (now - finished < STUCK) supervisor.alive();
    if (now - looked >= LOOK) schedule.ask('a look at everything');
    if (now - numbered < NUMBERS) return;
    numbered = now;
    teller.refresh(config.known(), runs.counts(), runs.left().length);
  }, 1000);

  process.on('SIGHUP', () => {
    supervisor.reloading();
    void config.reload().then((isRight) => {
      schedule.ask('the configuration was read again');
      supervisor.ready(isRight ? summary : 'the configuration is wrong: that of before stays in use');
    });
  });
  schedule.ask('the monitor starts');
  await schedule.idle();
  supervisor.ready(summary);
  journal.say(
    `monitor ${version}: watching ${config
      .known()
      .uplinks.map(({ name }) => name)
      .join(', ')}`,
  );

  const signal = await ended;
  supervisor.stopping();
  clearInterval(beat);
  watch.stop();
  lines.stop();
  await Promise.all([schedule.stop(), teller.stop()]);
  guardian.dismiss();
  journal.say(`${signal}: the monitor ends; what is in the kernel stays`);
};

const nextSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });

/** The test of what matters to the configuration that counts at the time. */
const concernOf = (known: () => Config): ((line: string) => boolean) => {
  let config = known();
  let concerns = makeConcern(config);
  return (line) => {
    if (config !== known()) {
      config = known();
      concerns = makeConcern(config);
    }
    return concerns(line);
  };
};

const summaryOf = (
  states: readonly { readonly uplink: { readonly name: string }; readonly status: string }[],
): string => states.map(({ uplink, status }) => `${uplink.name} ${status}`).join(', ');

/** What the uplinks were at the last run, whoever did it; undefined where nobody knows. */
const knownStatuses = (): ReadonlyMap<number, UplinkStatus> | undefined => {
  const known = Object.entries(loadMemory().memory.uplinks).flatMap(
    ([id, { status }]): [number, UplinkStatus][] => (status === undefined ? [] : [[Number(id), status]]),
  );
  return known.length === 0 ? undefined : new Map(known);
};
