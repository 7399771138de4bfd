import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skip } from '../router.ts';
import { flows, sharesOf } from './flows.ts';
import { harmed, showReport } from './held.ts';
import { type Lab, labFor } from './lab.ts';
import { balanceBy, MODES } from './modes.ts';
import type { UplinkSpec, Wired } from './uplinks.ts';

/** How many sequences, and the seed of the first; the same two repeat a run. */
const SEQUENCES = Number(process.env.SEQUENCES ?? 200);
const SEED = Number(process.env.SEED ?? 1);

/** The last one is left alone, so that there is always a way out. */
const UPLINKS: readonly UplinkSpec[] = [
  { kind: 'ptp', weight: 1 },
  { kind: 'ptp', weight: 2 },
  { kind: 'shared', weight: 3 },
  { kind: 'shared', weight: 2 },
  { kind: 'ethernet', weight: 1 },
];

/** mulberry32: numbers in [0, 1) that a seed repeats. */
const randomOf = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** A way for an uplink to go, and how it returns. Hooks run or not: that is drawn as well. */
interface Fate {
  readonly name: string;
  readonly go: (lab: Lab, line: Wired) => void;
  readonly back: (lab: Lab, line: Wired) => void;
  /** Whether a hook runs for it: never, always, or as drawn. */
  readonly silent?: true;
  readonly loud?: true;
}

const FATES: readonly Fate[] = [
  {
    name: 'destroyed',
    go: (lab, { device }) => lab.sh(`ip link del ${device}`),
    back: (lab, { make, bringUp }) => lab.sh(`${make}\n${bringUp}`),
  },
  {
    name: 'set down',
    go: (lab, { device }) => lab.sh(`ip link set ${device} down`),
    back: (lab, { device }) => lab.sh(`ip link set ${device} up`),
  },
  {
    name: 'without address',
    go: (lab, { device }) => lab.sh(`ip addr flush dev ${device}`),
    back: (lab, { bringUp }) => lab.sh(bringUp),
  },
  {
    name: 'without carrier',
    go: (lab, { other }) => lab.sh(`ip -n isp link set ${other} down`),
    back: (lab, { other }) => lab.sh(`ip -n isp link set ${other} up`),
    silent: true,
  },
  // Only the hook says so.
  { name: 'judged dead', go: () => {}, back: () => {}, loud: true },
];

/** What has become of each uplink that does not work now. */
type Gone = Map<number, Fate>;

/** The hooks that run now, by the uplink's id. */
type Hooks = Map<number, Promise<number | null>>;

/**
 * Draws one event and lets it happen. Its hook runs in the background, beside those of other uplinks; one uplink's run
 * one after the other, as pppd and ifupdown see to.
 */
const happen = async (
  lab: Lab,
  gone: Gone,
  hooks: Hooks,
  random: () => number,
): Promise<{ readonly line: Wired; readonly what: string }> => {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const line = pick(lab.uplinks.slice(0, -1));
  assert.equal((await hooks.get(line.id)) ?? 0, 0, line.name);
  const before = gone.get(line.id);
  const fate = before ?? pick(FATES);
  if (before === undefined) {
    fate.go(lab, line);
    gone.set(line.id, fate);
  } else {
    fate.back(lab, line);
    gone.delete(line.id);
  }
  // A line that comes back without its hook would wait for another's; one that goes needs none.
  const hooked = fate.loud || (!fate.silent && (before !== undefined || random() < 0.7));
  const what = `${line.name} ${before === undefined ? '' : 'no longer '}${fate.name}${hooked ? '' : ', no hook'}`;
  if (hooked) hooks.set(line.id, lab.startEvent(before === undefined ? 'down' : 'up', line));
  return { line, what };
};

/** Half of the sequences in a lab of its own: `first` is the seed of its first one, every second follows. */
const runSequences = async (t: TestContext, first: number, step: number): Promise<void> => {
  const lab = await labFor(t, { uplinks: UPLINKS });
  const long = await lab.hold(
    [...flows(20, { clients: 10 }), ...flows(20, { clients: 10, protocol: 'udp' })],
    'lan',
    10,
  );
  const gone: Gone = new Map();
  let before = await long.renew();
  for (let seed = first; seed < SEED + SEQUENCES; seed += step) {
    const random = randomOf(seed);
    const told: string[] = [];
    if (seed % 16 < step) {
      const mode = MODES[Math.floor(seed / 16) % MODES.length] ?? 'multipath';
      lab.reconfigure({ uplinks: UPLINKS, settings: balanceBy(mode) });
      lab.apply();
      told.push(`balance by ${mode}`);
    }
    const touched = new Set([...gone.keys()].map((id) => lab.line(id).name));
    const hooks: Hooks = new Map();
    for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
      const { line, what } = await happen(lab, gone, hooks, random);
      touched.add(line.name);
      told.push(what);
    }
    for (const status of await Promise.all(hooks.values())) assert.equal(status, 0, told.join('; '));
    await sleep(30);
    const after = await long.renew();
    const sequence = `seed ${seed}: ${told.join('; ')}`;
    const sound = new Set(before.filter((report) => harmed([report]).length === 0).map(({ flow }) => flow));
    const broken = harmed(after).filter(({ flow, seen }) => sound.has(flow) && !touched.has(seen[0] ?? ''));
    assert.deepEqual(broken.map(showReport), [], sequence);
    const hanging = after.filter(
      ({ flow, sent, answered, error }) => flow.protocol === 'tcp' && error === undefined && answered < sent,
    );
    assert.deepEqual(hanging.map(showReport), [], `${sequence}: what broke must be told`);
    assert.deepEqual(lab.wrongSources(), {}, sequence);
    before = after;
  }
  for (const [id, fate] of gone) {
    fate.back(lab, lab.line(id));
    assert.equal(lab.event('up', lab.line(id)).status, 0);
  }
  await long.renew();
  assert.deepEqual(harmed(await long.ask()), [], 'all is well once everything is back');
  lab.reconfigure({ uplinks: UPLINKS });
  lab.apply();
  const used = Object.keys(sharesOf(lab.connect(flows(200, { clients: 200 }))));
  assert.deepEqual(
    used.sort(),
    lab.uplinks.map(({ name }) => name),
    lab.mlb('status').stdout + lab.sh('ip route show table 7700; ip rule; ip -br addr'),
  );
};

describe(`${SEQUENCES} random sequences of link events break no connection of an uplink that they leave alone`, {
  concurrency: 2,
}, () => {
  const labs = Math.min(2, SEQUENCES);
  for (let lab = 0; lab < labs; lab++)
    test(`seeds ${SEED + lab}, ${SEED + lab + labs}, …`, { skip }, (t) => runSequences(t, SEED + lab, labs));
});
