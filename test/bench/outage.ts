/** How long a line that leads nowhere is used, and how long one that leads somewhere again is not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { flows } from '../netns/balance/flows.ts';
import type { Wired } from '../netns/balance/uplinks.ts';
import { until, type WatchedLab, watchedLab } from '../netns/health/lab.ts';
import { middleOf, printRow } from './table.ts';

/** Labs after each other, and lines in each. A line dies once: one that dies again has to be steady for longer. */
const LABS = 2;
const LINES = 10;

/** Milliseconds between two deaths, at least and at most: a third of the lines is dead at once. */
const BETWEEN = [2500, 4500] as const;

/** Seconds, as they are promised with default settings. */
const MOST_OUT = 4;
const MOST_BACK = 11;

/** Port of the flows that are held; new ones go to 7007. */
const HELD = 7009;

/**
 * The provider's kernel notes when a packet came last, and when first since the line went: by when an element of a set
 * expires. It does so before the hole swallows anything on its way in, and of answers only those that leave.
 */
const noting = (uplinks: readonly Wired[]): string => `
table ip noted {
  ${uplinks.map(notingLine).join('\n')}
  chain in {
    type filter hook prerouting priority raw - 30;
    iifname vmap { ${uplinks.map(({ other, id }) => `"${other}" : jump in_${id}`).join(', ')} };
  }
  chain out {
    type filter hook postrouting priority raw + 5;
    oifname vmap { ${uplinks.map(({ other, id }) => `"${other}" : jump out_${id}`).join(', ')} };
  }
}
`;

const notingLine = ({ id }: Wired): string => `
  ${SETS.map((name) => `set ${name}_${id} { type ifname; flags dynamic, timeout; timeout 10m; }`).join('\n  ')}
  chain in_${id} {
    udp dport 7007 update @new_${id} { iifname }
    udp dport 7007 add @again_${id} { iifname }
    udp dport ${HELD} update @held_${id} { iifname }
  }
  chain out_${id} {
    icmp type echo-reply add @answer_${id} { oifname }
  }`;

const SETS = ['new', 'held', 'again', 'answer'] as const;

type Noted = Readonly<Record<(typeof SETS)[number], number>>;

/** The times, in milliseconds of performance.now(); NaN of what has not happened. */
const notedOf = (lab: WatchedLab, id: number): Noted => {
  const at = (name: string): number => {
    const before = performance.now();
    const text = lab.sh(`ip netns exec isp nft list set ip noted ${name}_${id}`);
    // Not known better than when it was asked: half of the time of one command.
    return (before + performance.now()) / 2 - ageOf(text);
  };
  return { new: at('new'), held: at('held'), again: at('again'), answer: at('answer') };
};

/** Ten minutes less what is left: `expires 9m58s436ms`. */
const ageOf = (text: string): number => {
  const [, minutes, seconds, milliseconds] =
    /expires (?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?/.exec(text) ?? [];
  if (minutes === undefined) return Number.NaN;
  return 600_000 - 60_000 * Number(minutes) - 1000 * Number(seconds ?? 0) - Number(milliseconds ?? 0);
};

/** One line's death and return, seconds. */
interface Trial {
  readonly fresh: number;
  readonly held: number;
  readonly back: number;
}

const runTrial = async (lab: WatchedLab, line: Wired): Promise<Trial> => {
  const state = (word: string, since: number): Promise<unknown> =>
    lab.monitor.says(new RegExp(`^${line.name}: ${word}`), since, 30);
  const broken = performance.now();
  lab.break(line, 'both');
  await state('dead', broken);
  await sleep(2000);
  const out = notedOf(lab, line.id);
  const forget = ['again', 'answer'].map((name) => `nft flush set ip noted ${name}_${line.id}`);
  lab.sh(`ip netns exec isp sh -c '${forget.join('; ')}'`);
  const mended = performance.now();
  lab.mend(line);
  await state('up', mended);
  await sleep(1000);
  const { again, answer } = notedOf(lab, line.id);
  const seconds = (from: number, to: number): number => (to - from) / 1000;
  return { fresh: seconds(broken, out.new), held: seconds(broken, out.held), back: seconds(answer, again) };
};

/** All lines of a lab, one after the other at moments that nobody chose. */
const trialsOf = async (): Promise<Trial[]> => {
  const ends: (() => void)[] = [];
  try {
    const uplinks = Array.from({ length: LINES }, () => ({}));
    const lab = await watchedLab({ after: (end) => ends.push(end) }, { uplinks });
    lab.sh('ip netns exec isp nft -f -', noting(lab.uplinks));
    await lab.stream();
    await lab.hold(flows(10 * LINES, { protocol: 'udp', port: HELD }));
    await until('all lines alive', lab.healths, (seen) => seen.every((health) => health === 'alive'), 20);
    const trials: Promise<Trial>[] = [];
    for (const line of lab.uplinks) {
      await sleep(BETWEEN[0] + (BETWEEN[1] - BETWEEN[0]) * Math.random());
      trials.push(runTrial(lab, line));
    }
    return await Promise.all(trials);
  } finally {
    for (const end of ends) end();
  }
};

export const measureOutages = async (): Promise<boolean[]> => {
  const trials: Trial[] = [];
  for (let lab = 0; lab < LABS; lab++) trials.push(...(await trialsOf()));
  const row = (what: string, most: number, values: readonly number[]): boolean => {
    const met = printRow({ what, most, unit: 's', values }, true);
    console.log(`  ${values.length} trials, median ${middleOf(values).toFixed(1)} s`);
    return met;
  };
  return [
    row(
      'black hole: last new connection',
      MOST_OUT,
      trials.map(({ fresh }) => fresh),
    ),
    row(
      'black hole: last packet of held flows',
      MOST_OUT,
      trials.map(({ held }) => held),
    ),
    row(
      'return: first answer to first use',
      MOST_BACK,
      trials.map(({ back }) => back),
    ),
  ];
};
