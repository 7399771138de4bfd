/**
 * A lab of test/netns/balance with the monitor running in it, and holes in the provider's lines.
 *
 *   const lab = await watchedLab(t, { uplinks: THREE, policies: '[health]\ntargets = "10.99.0.1"' });
 *   lab.break(lab.line(1), 'both');                          // packets vanish, carrier and address stay
 *   const { at } = await lab.monitor.says(/^line1: dead/);   // milliseconds of performance.now()
 *   lab.members();                                           // the devices that new connections are shared among
 *   lab.mend(lab.line(1));
 *   await lab.monitor.end('SIGKILL'); lab.monitor.restart();
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LineHealth } from '../../../src/model.ts';
import type { Findings } from '../../../src/system/verdicts.ts';
import { type Lab, makeLab, type Setup } from '../balance/lab.ts';
import type { Wired } from '../balance/uplinks.ts';
import { balanced } from '../hook-tools.ts';
import { PORT, script, startTalker } from '../traffic/flows.ts';
import { type Monitor, startMonitor } from './monitor-process.ts';

/** What vanishes at the provider: requests and answers, one of them, all of the world but the gateway. */
export type Hole = 'both' | 'requests' | 'answers' | 'beyond';

export interface WatchedLab extends Lab {
  readonly monitor: Monitor;
  /** Makes a hole in an uplink's line. */
  readonly break: (uplink: Wired, hole: Hole) => void;
  /** The same by nft expressions: what comes in at the provider by the line and matches vanishes. */
  readonly breakWhere: (uplink: Wired, match: string) => void;
  /** Ends all holes of the line. */
  readonly mend: (uplink: Wired) => void;
  /** Devices of the balance table's best default, sorted. */
  readonly members: () => string[];
  /** What the monitor has written for hooks, as it stands, expired or not; line1 first. */
  readonly findings: () => Findings;
  /** The health of each line in them. */
  readonly healths: () => LineHealth[];
  /** Waits until all lines are alive. */
  readonly allAlive: () => Promise<unknown>;
  /** New UDP flows from the LAN, one every few milliseconds until the end of the test. */
  readonly stream: () => Promise<void>;
}

/** The world and the gateway of each uplink; a hole is a chain of its own for each uplink. */
const holesOf = (uplinks: readonly Wired[]): string => `
table ip holes {
  chain in {
    type filter hook prerouting priority raw - 5;
    iifname vmap { ${uplinks.map(({ other, id }) => `"${other}" : jump in_${id}`).join(', ')} }
  }
  chain out {
    type filter hook postrouting priority raw;
    oifname vmap { ${uplinks.map(({ other, id }) => `"${other}" : jump out_${id}`).join(', ')} }
  }
  ${uplinks.map(({ id }) => `chain in_${id} { }\n  chain out_${id} { }`).join('\n  ')}
}
`;

const RULES: Readonly<Record<Hole, (id: number) => string>> = {
  both: (id) => `add rule ip holes in_${id} drop; add rule ip holes out_${id} drop`,
  requests: (id) => `add rule ip holes in_${id} drop`,
  answers: (id) => `add rule ip holes out_${id} drop`,
  beyond: (id) => `add rule ip holes in_${id} ip daddr 10.99.0.0/16 drop`,
};

/** Tables that make it quick to judge and to forgive, for what does not depend on how long that takes. */
export const QUICK = `
[health]
targets = "10.99.0.1"
interval = 0.2
timeout = 0.4
down-after = 3
up-after = 5

[monitor]
hold-limit = 2
`;

/** Milliseconds between new flows of a stream. */
const STREAM = 10;

/**
 * A lab for one test with the monitor running, after the shell script `first` and with these assignments in its
 * environment; taken down when the test ends.
 */
export const watchedLab = async (
  t: { readonly after: (end: () => void) => unknown },
  setup: Setup,
  first = 'true',
  environment = '',
): Promise<WatchedLab> => {
  const lab = await makeLab(setup);
  t.after(lab.stop);
  lab.sh(first);
  const nft = (rules: string): void => {
    lab.sh('ip netns exec isp nft -f -', `${rules.replaceAll('; ', '\n')}\n`);
  };
  nft(holesOf(lab.uplinks));
  const monitor = startMonitor(lab, environment);
  await monitor.says(/^monitor .*: watching/);
  const findings = (): Findings => {
    const found: Findings = JSON.parse(readFileSync(`${monitor.root}/run/mlb-hooks/verdicts.json`, 'utf8'));
    return { ...found, verdicts: found.verdicts.toSorted((a, b) => a.id - b.id) };
  };
  const healths = (): LineHealth[] => findings().verdicts.map(({ health }) => health);
  return {
    ...lab,
    monitor,
    break: ({ id }, hole) => nft(RULES[hole](id)),
    breakWhere: ({ id }, match) => nft(`add rule ip holes in_${id} ${match} drop`),
    mend: ({ id }) => nft(`flush chain ip holes in_${id}; flush chain ip holes out_${id}`),
    members: () => balanced(lab),
    findings,
    healths,
    allAlive: () =>
      until('all lines alive', healths, (seen) => seen.every((health) => health === 'alive'), 15),
    stream: async () => {
      await startTalker(lab, `exec ip netns exec lan ${script('storm')} 10.99 ${PORT} ${STREAM}`);
    },
  };
};

/** Waits for something that is looked at again and again; throws, with what was seen last, after some seconds. */
export const until = async <T>(
  what: string,
  look: () => T,
  isRight: (seen: T) => boolean,
  seconds = 10,
): Promise<T> => {
  const start = performance.now();
  for (;;) {
    const seen = look();
    if (isRight(seen)) return seen;
    if (performance.now() - start > 1000 * seconds)
      throw new Error(`not ${what} within ${seconds} s, but: ${JSON.stringify(seen)}`);
    await sleep(50);
  }
};
