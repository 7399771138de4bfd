import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../router.ts';
import { type Flow, flows, shareProblems, sharesOf } from './flows.ts';
import { type Lab, labFor } from './lab.ts';
import { balanceBy, SHARING } from './modes.ts';
import { THREE, type UplinkSpec } from './uplinks.ts';

const FIVE: readonly UplinkSpec[] = [
  { kind: 'ptp', weight: 1 },
  { kind: 'ptp', weight: 2 },
  { kind: 'ethernet', weight: 3 },
  { kind: 'shared', weight: 2 },
  { kind: 'shared', weight: 1 },
];

const TWELVE: readonly UplinkSpec[] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8].map((weight, n) => ({
  kind: (['ptp', 'ethernet', 'shared'] as const)[n % 3] ?? 'ptp',
  weight,
}));

/** New connections that differ in everything that a mode may look at. */
const MANY = flows(3600, { protocol: 'udp', clients: 3600 });

/** Shares are those of the weights, among the uplinks given; every other one has nothing. */
const mustBeShared = (lab: Lab, ids: readonly number[], when: string, connections = MANY): void => {
  const weights = Object.fromEntries(ids.map(lab.line).map(({ name, weight }) => [name, weight]));
  assert.deepEqual(shareProblems(sharesOf(lab.connect(connections)), weights), [], when);
};

for (const mode of SHARING)
  test(`3600 connections are shared by weight, and by the survivors when one goes: ${mode}`, {
    skip,
  }, async (t) => {
    const lab = await labFor(t, { uplinks: FIVE, settings: balanceBy(mode) });
    const counted = lab.watch('meta l4proto udp');
    mustBeShared(lab, [1, 2, 3, 4, 5], 'all five work');
    assert.equal(
      Object.values(counted()).reduce((sum, count) => sum + count, 0),
      MANY.length,
      'the provider saw the one packet of each',
    );
    lab.lose(lab.line(3));
    mustBeShared(lab, [1, 2, 4, 5], 'one went');
    lab.reconfigure({ uplinks: THREE, settings: balanceBy(mode) });
    lab.restore(lab.line(3));
    mustBeShared(lab, [1, 2, 3], 'three are configured', flows(1200, { clients: 1200 }));
  });

test('twelve uplinks with uneven weights get their shares', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: TWELVE });
  const ids = TWELVE.map((_, n) => n + 1);
  for (const mode of ['multipath', 'random', 'source'] as const) {
    lab.reconfigure({ uplinks: TWELVE, settings: balanceBy(mode) });
    lab.apply();
    mustBeShared(lab, ids, mode);
  }
});

test('round-robin is exact but for the rounding of its 1024 slots', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: FIVE, settings: balanceBy('round-robin') });
  const seen = lab.connect(MANY);
  for (const { name, weight } of lab.uplinks) {
    const expected = (MANY.length * weight) / 9;
    const count = sharesOf(seen)[name] ?? 0;
    assert.ok(Math.abs(count - expected) <= 8, `${name}: ${count}, expected ${expected}`);
  }
});

const TIERS: readonly UplinkSpec[] = [
  { kind: 'ptp', weight: 2 },
  { kind: 'ethernet', weight: 1 },
  { kind: 'ptp', weight: 1, tier: 2 },
  { kind: 'ethernet', weight: 3, tier: 2 },
];

for (const mode of SHARING)
  test(`only the best tier that works carries new connections: ${mode}`, { skip }, async (t) => {
    const lab = await labFor(t, { uplinks: TIERS, settings: balanceBy(mode) });
    // Each time another port: a client that draws its own port again would go on with the connection of before.
    const some = (port: number) => flows(600, { protocol: 'udp', clients: 600, port });
    mustBeShared(lab, [1, 2], 'at first', some(1001));
    lab.lose(lab.line(1));
    mustBeShared(lab, [2], 'one of tier 1 is left', some(1002));
    assert.equal(lab.mlb('down line2').status, 0);
    mustBeShared(lab, [3, 4], 'tier 1 is gone', some(1003));
    lab.restore(lab.line(1));
    mustBeShared(lab, [1], 'tier 1 is back', some(1004));
  });

const CLIENTS = 300;

/** The uplink of each client, who opens two connections to different servers; both must take the same. */
const uplinkOfClients = (lab: Lab): string[] => {
  const [first, second] = [flows(CLIENTS, { clients: CLIENTS }), flows(CLIENTS, { clients: CLIENTS })];
  const other = second.map((flow, n): Flow => ({ ...flow, protocol: 'udp', to: `10.99.77.${n % 250}` }));
  const seen = lab.connect(first);
  assert.deepEqual(lab.connect(other), seen, 'a client uses one uplink');
  return seen;
};

test('source: a client keeps its uplink; when one leaves only its clients move, and they return with it', {
  skip,
}, async (t) => {
  const lab = await labFor(t, { uplinks: FIVE, settings: balanceBy('source') });
  const before = uplinkOfClients(lab);
  assert.equal(new Set(before).size, 5);
  const leavers: readonly (readonly number[])[] = [[3], [1, 4], [2]];
  for (const ids of leavers) {
    const names = ids.map((id) => lab.line(id).name);
    for (const id of ids) lab.lose(lab.line(id));
    const without = uplinkOfClients(lab);
    for (const [n, name] of before.entries())
      if (names.includes(name))
        assert.ok(!names.includes(without[n] ?? ''), `client ${n} moved from ${name}`);
      else assert.equal(without[n], name, `client ${n} had nothing to do with ${names}`);
    for (const id of ids) lab.restore(lab.line(id));
    assert.deepEqual(uplinkOfClients(lab), before, 'all as before');
  }
  lab.sh('nft delete table inet mlb_hooks');
  lab.apply();
  assert.deepEqual(uplinkOfClients(lab), before, 'it depends on nothing that was forgotten');
});

test('source-destination: a pair keeps its uplink, a client uses several', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: FIVE, settings: balanceBy('source-destination') });
  const pairs = flows(600, { clients: 20 });
  const seen = lab.connect(pairs);
  assert.deepEqual(lab.connect(pairs.map((flow) => ({ ...flow, protocol: 'udp' }))), seen);
  assert.equal(new Set(seen.filter((_, n) => n % 20 === 0)).size, 5, 'client 0 uses all five');
});

test('failover: one uplink carries all, the next one when it goes, and it again when it returns', {
  skip,
}, async (t) => {
  const lab = await labFor(t, {
    uplinks: [{ weight: 3 }, { weight: 2 }, { weight: 1 }, { tier: 2 }],
    settings: balanceBy('failover'),
  });
  const some = flows(100, { clients: 100 });
  const used = (): string[] => Object.keys(sharesOf(lab.connect(some)));
  assert.deepEqual(used(), ['line1']);
  lab.sh('ip link del w0');
  assert.deepEqual(used(), ['line2'], 'before the hook');
  assert.equal(lab.event('down', lab.line(1)).status, 0);
  assert.deepEqual(used(), ['line2'], 'after the hook');
  assert.equal(lab.mlb('down line2').status, 0);
  assert.deepEqual(used(), ['line3']);
  lab.lose(lab.line(3));
  assert.deepEqual(used(), ['line4']);
  lab.restore(lab.line(1));
  assert.deepEqual(used(), ['line1']);
});

test('the kernel keeps its hash policy', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: THREE, settings: balanceBy('random') });
  assert.equal(lab.sh('sysctl -n net.ipv4.fib_multipath_hash_policy'), '0\n');
});
