/** What the monitor costs while all is well. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lab, makeLab } from '../netns/balance/lab.ts';
import { isRunning, type Monitor, showSaid, startMonitor } from '../netns/health/monitor-process.ts';
import { type Cost, costOf } from './process-tree.ts';
import { printRow } from './table.ts';

const UPLINKS = 8;

/** Percent of one processor, and megabytes, of the monitor and all that it runs. */
const MOST_CPU = 1;
const MOST_MEMORY = 80;

/** Seconds until V8 has compiled what there is to compile: for the first minute that takes more than the work itself. */
const WARM = 90;

const THREE_PINGS = ['gateway', '10.99.0.1', '10.99.0.2'];

/** The dearest kinds among them: each probe of tcp and http is a process. */
const THREE_KINDS = ['gateway', 'tcp:10.99.0.1:7007', 'dns:10.99.0.2/example.org'];

interface Rest {
  readonly lab: Lab;
  readonly monitor: Monitor;
}

/** Eight lines with these targets, all of which answer, for as long as `work` takes. */
const atRest = async <T>(
  targets: readonly string[],
  interval: number,
  work: (rest: Rest) => Promise<T>,
): Promise<T> => {
  const health = `[health]\ntargets = ${JSON.stringify(targets)}\ninterval = ${interval}\n`;
  const lab = await makeLab({ uplinks: Array.from({ length: UPLINKS }, () => ({})), policies: health });
  try {
    // A refusal tells of each line as much as an answer.
    lab.sh('ip netns exec isp sysctl -qw net.ipv4.icmp_ratelimit=0');
    const monitor = startMonitor(lab);
    await monitor.says(/^monitor .*: watching/);
    const result = await work({ lab, monitor });
    if (!isRunning(monitor.pid())) throw new Error(`the monitor has ended:\n${showSaid(monitor.said)}`);
    const troubles = monitor.said.filter(({ text, isProblem }) => isProblem || /^line\d: /.test(text));
    if (troubles.length > 0) throw new Error(troubles.map(({ text }) => text).join('\n'));
    return result;
  } finally {
    lab.stop();
  }
};

const percentOf = (before: Cost, after: Cost, seconds: number): number =>
  (100 * (after.cpu - before.cpu)) / seconds;

const costDuring = async ({ monitor }: Rest, seconds: number): Promise<[before: Cost, after: Cost]> => {
  const before = costOf(monitor.pid());
  await sleep(1000 * seconds);
  return [before, costOf(monitor.pid())];
};

/** The calls of ten seconds, by how many there were. */
const showCalls = async ({ lab, monitor }: Rest): Promise<void> => {
  const args = `-f -c -S calls -U calls,name -p ${monitor.pid()}`;
  const pings = monitor.children().map(({ pid }) => `-p ${pid}`);
  const { stdout, stderr } = lab.try(`timeout -s INT 10 strace ${args} ${pings.join(' ')}`);
  const calls = (stdout + stderr).split('\n').flatMap((line) => {
    const [, count, name] = /^\s*(\d+) (\w+)$/.exec(line) ?? [];
    return count === undefined ? [] : [`${name} ${(Number(count) / 10).toFixed(0)}`];
  });
  console.log(`  calls a second: ${calls.slice(-1)} in all; ${calls.slice(0, 5).join(', ')}`);
};

const measureKind = async (what: string, targets: readonly string[], isBound: boolean): Promise<boolean[]> =>
  atRest(targets, 0.5, async (rest) => {
    const seconds = isBound ? 60 : 30;
    await sleep(1000 * (isBound ? WARM : seconds));
    const [before, after] = await costDuring(rest, seconds);
    const row = (name: string, most: number, unit: string, value: number): boolean =>
      printRow({ what: `${name}, ${what}`, most: isBound ? most : Infinity, unit, values: [value] }, true);
    const met = [
      row('cpu at rest', MOST_CPU, '%', percentOf(before, after, seconds)),
      row('memory', MOST_MEMORY, 'MB', after.memory / 1e6),
    ];
    const wakeUps = (after.wakeUps - before.wakeUps) / seconds;
    console.log(`  ${after.processes} processes, woken ${wakeUps.toFixed(0)} times a second`);
    if (isBound) await showCalls(rest);
    return met;
  });

export const measureRest = async (): Promise<boolean[]> => [
  ...(await measureKind('8 x 3 pings', THREE_PINGS, true)),
  ...(await measureKind('8 x ping, tcp, dns', THREE_KINDS, false)),
];

const SOAK_MINUTES = 6;

/** Megabytes by which the memory may grow after the first minute. */
const MOST_GROWTH = 5;

/** As many probes as 8 x 3 targets see in an hour: twice as many targets, five times as often, for six minutes. */
export const measureSoak = async (): Promise<boolean[]> =>
  atRest([...THREE_PINGS, '10.99.0.3', '10.99.0.4', '10.99.0.5'], 0.1, async (rest) => {
    const memory: number[] = [];
    for (let minute = 1; minute <= SOAK_MINUTES; minute++) {
      const [before, after] = await costDuring(rest, 60);
      memory.push(after.memory / 1e6);
      console.log(
        `  minute ${minute}: ${percentOf(before, after, 60).toFixed(1)} % cpu, ${(after.memory / 1e6).toFixed(1)} MB`,
      );
    }
    const values = [(memory.at(-1) ?? Number.NaN) - (memory[0] ?? Number.NaN)];
    return [printRow({ what: 'growth, 172,800 probes', most: MOST_GROWTH, unit: 'MB', values }, true)];
  });
