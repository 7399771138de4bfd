/**
 * The process that sees what hooks cannot: lines that are up but dead, and changes that nobody told of. It decides
 * nothing that a hook would not: it writes down what it found and runs the same reconcile.
 */
import { configSource } from '../config/source.ts';
import { userIdsOrNobody } from '../config/users.ts';
import { messageOf } from '../errors.ts';
import type { Config, Verdict } from '../model.ts';
import { readUptime } from '../system/sysctl.ts';
import { readVerdicts } from '../system/verdicts.ts';
import { makeConcern } from '../watch/concern.ts';
import { createSchedule } from '../watch/schedule.ts';
import { startWatch } from '../watch/watch.ts';
import { createJournal } from './journal.ts';
import { createLines } from './lines.ts';
import { createPublisher, refuseSecond } from './publish.ts';
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

/**
 * Runs until SIGTERM or SIGINT; the kernel stays as it is then, working. Throws a UserError where it cannot start: no
 * valid configuration, or another monitor.
 */
export const runMonitor = async (version: string): Promise<void> => {
  refuseSecond(readUptime());
  const source = configSource(undefined, userIdsOrNobody());
  // A wrong configuration is refused at the start; one that goes wrong later is not used.
  let config: Config = await source();
  const journal = createJournal(() => config.settings.log, readUptime);
  const supervisor = createSupervisor(journal.problem);
  const teller = createTeller(journal, version);
  let concerns = makeConcern(config);

  const current = async (): Promise<Config> => {
    try {
      const found = await source();
      if (found !== config) concerns = makeConcern(found);
      config = found;
    } catch (thrown) {
      journal.problem(`${messageOf(thrown)}\nthe configuration of before stays in use until this is mended`);
    }
    return config;
  };

  const found = (verdict: Verdict): void => {
    const name = config.uplinks.find(({ id }) => id === verdict.id)?.name ?? verdict.device;
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
    before: readVerdicts(readUptime()),
  });
  const runs = createRuns({ config: current, verdicts: lines.verdicts, journal });

  let looked = Number.NEGATIVE_INFINITY;
  let finished = readUptime();
  let summary = '';
  const run = async (causes: readonly string[]): Promise<void> => {
    const thorough = readUptime() - looked >= LOOK;
    const outcome = await runs.run(causes, thorough);
    finished = readUptime();
    if (outcome === 'busy') setTimeout(() => schedule.ask(causes[0] ?? ''), BUSY);
    if (outcome === 'busy' || outcome === undefined) return;
    if (thorough) looked = readUptime();
    lines.follow(config, outcome.states);
    isAsking = true;
    teller.tell(config, outcome);
    publish();
    summary = summaryOf(outcome.states);
    supervisor.status(summary);
  };
  const schedule = createSchedule(run, PACE);
  const watch = startWatch({
    onChange: (what) => schedule.ask(what),
    onProblem: journal.problem,
    concerns: (line) => concerns(line),
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
    teller.refresh(config, runs.counts(), runs.left().length);
  }, 1000);

  process.on('SIGHUP', () => {
    supervisor.reloading();
    void current().then(() => {
      schedule.ask('the configuration was read again');
      supervisor.ready(summary);
    });
  });
  schedule.ask('the monitor starts');
  await schedule.idle();
  supervisor.ready(summary);
  journal.say(`monitor ${version}: watching ${config.uplinks.map(({ name }) => name).join(', ')}`);

  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  supervisor.stopping();
  clearInterval(beat);
  watch.stop();
  lines.stop();
  await Promise.all([schedule.stop(), teller.stop()]);
  journal.say(`${signal}: the monitor ends; what is in the kernel stays`);
};

const summaryOf = (
  states: readonly { readonly uplink: { readonly name: string }; readonly status: string }[],
): string => states.map(({ uplink, status }) => `${uplink.name} ${status}`).join(', ');
