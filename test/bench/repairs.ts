/** How long routes are wrong after what happens in the kernel and no hook tells of. */
import { setTimeout as sleep } from 'node:timers/promises';
import { makeLab } from '../netns/balance/lab.ts';
import { wire } from '../netns/balance/uplinks.ts';
import { type Monitor, startMonitor } from '../netns/health/monitor-process.ts';
import type { Router } from '../netns/router.ts';
import { type Heard, hear, quiet } from './heard.ts';
import { middleOf, printRow, quantileOf } from './table.ts';

/** Milliseconds: the median. */
const MOST = 50;
const TRIALS = 30;

/** Something that happens again and again; `command` makes it happen for the nth time. */
interface Happening {
  readonly what: string;
  readonly command: (n: number, routes: readonly string[]) => string;
  /** What ends it; measured as well. */
  readonly back?: { readonly what: string; readonly command: string };
}

/** The uplink whose gateway only main's default tells. */
const LEARNING = 4;

const BY_ROUTE: readonly Happening[] = [
  {
    what: 'address removed',
    command: () => 'ip addr del 10.65.2.2/24 dev w2',
    back: { what: 'address added', command: 'ip addr add 10.65.2.2/24 dev w2' },
  },
  {
    what: 'route of ours deleted',
    // Each in its turn: what is deleted three times within a minute is left to whoever does it.
    command: (n, routes) => `ip route del ${routes[n % routes.length] ?? ''}`,
  },
  {
    what: 'another gateway in main',
    command: (n) => `ip route replace default via 10.65.3.${n % 2 === 0 ? 9 : 1} dev w3`,
  },
];

/** In the mode that shares by routes, the kernel passes a line without carrier by before anybody is told. */
const BY_CLIENT: readonly Happening[] = [
  {
    what: 'carrier lost',
    command: () => 'ip -n isp link set i2 down',
    back: { what: 'carrier back', command: 'ip -n isp link set i2 up' },
  },
];

/** One trial, milliseconds: from the kernel's first word to the last change, and of what that consists. */
interface Trial {
  readonly all: number;
  /** Until the run begins, until its first change, until its last. */
  readonly parts: readonly [wait: number, look: number, write: number];
}

interface Bench {
  readonly box: Router;
  readonly monitor: Monitor;
  readonly heard: readonly Heard[];
}

const CHANGED = / in (\d+) ms, because: /;

/** Ours, or the ruleset's. */
const OURS = / proto 77\b|mlb_hooks|^# new generation/;

const runTrial = async ({ box, monitor, heard }: Bench, command: string): Promise<Trial> => {
  // At any phase of the monitor's own beat.
  await sleep(200 * Math.random());
  const first = heard.length;
  const started = performance.now();
  box.start(command).stderr?.pipe(process.stderr);
  const said = await monitor.says(CHANGED, started);
  await quiet(heard);
  const words = heard.slice(first);
  const ours = words.slice(1).filter(({ text }) => OURS.test(text));
  const [event, begun, ended] = [words[0]?.at, ours[0]?.at, ours.at(-1)?.at];
  if (event === undefined || begun === undefined || ended === undefined)
    throw new Error(`${command}: nothing was mended, but: ${words.map(({ text }) => text).join('\n')}`);
  const run = performance.timeOrigin + said.at - Number(CHANGED.exec(said.text)?.[1]);
  return { all: ended - event, parts: [run - event, begun - run, ended - begun] };
};

const show = (what: string, trials: readonly Trial[]): boolean => {
  const values = trials.map(({ all }) => all);
  const met = printRow({ what: `routes right after: ${what}`, most: MOST, unit: 'ms', values }, false);
  const [wait, look, write] = [0, 1, 2].map((part) => middleOf(trials.map(({ parts }) => parts[part] ?? 0)));
  const rounded = (value: number | undefined): string => (value ?? Number.NaN).toFixed(0);
  console.log(
    `  9 of 10 within ${rounded(quantileOf(values, 0.9))} ms; until the run ${rounded(wait)}, first change ${rounded(look)}, last ${rounded(write)}`,
  );
  return met;
};

const measure = async (bench: Bench, { what, command, back }: Happening): Promise<boolean[]> => {
  const routes = ownDefaults(bench.box);
  const there: Trial[] = [];
  const again: Trial[] = [];
  for (let n = 0; n < TRIALS; n++) {
    there.push(await runTrial(bench, command(n, routes)));
    if (back !== undefined) again.push(await runTrial(bench, back.command));
  }
  const planned = bench.box.mlb('plan').stdout;
  if (planned !== 'nothing to do\n') throw new Error(`${what}: something is left to do:\n${planned}`);
  return [show(what, there), ...(back === undefined ? [] : [show(back.what, again)])];
};

/** Our default routes, so that `ip route del` finds each. */
const ownDefaults = (box: Router): string[] =>
  box
    .sh('ip -o -N route show table all proto 77 type unicast')
    .split('\n')
    .flatMap((line) => {
      const [, table, metric] = /^default .*table (\d+) .*?metric (\d+)/.exec(line) ?? [];
      return table === undefined ? [] : [`default table ${table} metric ${metric}`];
    });

const measureIn = async (balance: string, happenings: readonly Happening[]): Promise<boolean[]> => {
  const uplinks = Array.from({ length: 8 }, () => ({}));
  const lab = await makeLab({ uplinks });
  try {
    const lines = wire(uplinks).map(({ id, toml, gateway }) =>
      id === LEARNING ? toml.replace(`gateway = "${gateway}"`, '') : toml,
    );
    lab.configure(`[settings]\nbalance = "${balance}"\n[health]\ncheck = false\n${lines.join('')}`);
    lab.sh('ip route add default via 10.65.3.1 dev w3');
    const monitor = startMonitor(lab);
    await monitor.says(/^monitor .*: watching/);
    const bench = { box: lab, monitor, heard: await hear(lab) };
    await quiet(bench.heard);
    const met: boolean[] = [];
    for (const happening of happenings) met.push(...(await measure(bench, happening)));
    return met;
  } finally {
    lab.stop();
  }
};

/** Eight lines that nobody probes. */
export const measureRepairs = async (): Promise<boolean[]> => [
  ...(await measureIn('multipath', BY_ROUTE)),
  ...(await measureIn('source', BY_CLIENT)),
];
