import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skip } from '../router.ts';
import { flows, sharesOf } from './flows.ts';
import { harmed, type Report, showReport } from './held.ts';
import { type Lab, labFor } from './lab.ts';
import { balanceBy, MODES } from './modes.ts';
import { THREE } from './uplinks.ts';

/** Another uplink besides the three, which comes and goes. It is first in every order, so failover prefers it too. */
const FOUR = [{ kind: 'ethernet', weight: 5 } as const, ...THREE];

/** Long transfers of several clients, by TCP and UDP. */
const LONG = [...flows(20, { clients: 10 }), ...flows(20, { clients: 10, protocol: 'udp' })];

const mustBeWhole = (reports: readonly Report[], when: string): void => {
  assert.deepEqual(harmed(reports).map(showReport), [], when);
};

/** Every entry bears the mark of the uplink that it really took. */
const mustBeMarked = (lab: Lab, seen: readonly string[]): void => {
  const shares = sharesOf(seen);
  for (const { id, name } of lab.uplinks) assert.equal(lab.entries(id), shares[name] ?? 0, name);
};

for (const mode of MODES)
  test(`long transfers outlive whatever happens to other uplinks: ${mode}`, { skip }, async (t) => {
    const setup = { uplinks: FOUR, settings: balanceBy(mode) };
    const lab = await labFor(t, setup);
    const guest = lab.line(1);
    lab.lose(guest);
    const long = await lab.hold(LONG);
    const before = await long.ask();
    mustBeWhole(before, 'at first');
    mustBeMarked(
      lab,
      before.flatMap(({ seen }) => seen),
    );

    lab.restore(guest);
    const joined = sharesOf(lab.connect(flows(60, { clients: 60 })));
    assert.ok(
      (joined[guest.name] ?? 0) > 0,
      `new connections use the uplink that joined: ${JSON.stringify(joined)}`,
    );
    mustBeWhole(await long.ask(), 'an uplink joined');

    assert.equal(lab.mlb(`down ${guest.name}`).status, 0);
    mustBeWhole(await long.ask(), 'it was judged dead');
    assert.equal(lab.mlb(`up ${guest.name}`).status, 0);

    for (const weight of [200, 1, 7]) {
      lab.reconfigure({ ...setup, uplinks: FOUR.map((uplink, n) => ({ ...uplink, weight: weight + n })) });
      lab.apply();
    }
    mustBeWhole(await long.ask(), 'weights changed');

    lab.reconfigure({
      ...setup,
      policies: '[[policy]]\nname = "elsewhere"\nto-ports = 4444\nprotocol = "tcp"\nuse = "line1"',
    });
    lab.apply();
    mustBeWhole(await long.ask(), 'a policy was added');

    lab.sh(`ip link del ${guest.device}`);
    await sleep(100);
    mustBeWhole(await long.ask(), 'an uplink was destroyed, and no hook ran');
    assert.equal(lab.event('down', guest).status, 0);
    const last = await long.ask();
    mustBeWhole(last, 'the hook tidied up');
    assert.ok(
      last.every(({ sent }) => sent > 40),
      'the transfers went on all the time',
    );
    assert.deepEqual(lab.wrongSources(), {});
  });

/** Ways for an uplink to end: its entries and only those go, and what can move moves at once. */
const ENDS: Readonly<Record<string, (lab: Lab) => void>> = {
  'is destroyed': (lab) => lab.lose(lab.line(3)),
  'is judged dead': (lab) => assert.equal(lab.mlb('down line3').status, 0),
};

for (const [what, end] of Object.entries(ENDS))
  test(`when an uplink ${what}, its connections end or move at once, and no others do`, {
    skip,
  }, async (t) => {
    const lab = await labFor(t, { uplinks: THREE, settings: balanceBy('random') });
    const long = await lab.hold(LONG);
    const before = await long.ask();
    // Connections that say nothing now: what they had is known by their entries alone.
    const idle = sharesOf(lab.connect(flows(120, { protocol: 'udp' })));
    assert.ok((idle.line3 ?? 0) > 20 && before.some(({ seen }) => seen[0] === 'line3'));

    end(lab);
    assert.equal(lab.entries(3), 0, 'entries of the uplink that ended are gone');
    for (const id of [1, 2])
      assert.ok(lab.entries(id) >= (idle[`line${id}`] ?? 0), `entries of line${id} are still there`);
    const started = performance.now();
    const seen = sharesOf(lab.connect(flows(300)));
    assert.deepEqual(Object.keys(seen).sort(), ['line1', 'line2'], 'new connections, all of them');
    assert.ok(performance.now() - started < 1900, 'and none waited for a timeout');

    const after = await long.ask();
    const isOwn = (_: Report, index: number): boolean => before[index]?.seen[0] === 'line3';
    mustBeWhole(
      after.filter((report, index) => !isOwn(report, index)),
      'transfers of other uplinks',
    );
    for (const { flow, seen: addresses, error, longest } of after.filter(isOwn))
      if (flow.protocol === 'tcp') assert.equal(error, 'ECONNRESET', 'it was told, and need not wait');
      else {
        assert.notEqual(addresses.at(-1), 'line3', 'it moved');
        assert.ok(longest < 1500, `after ${longest} ms`);
      }
  });

test('connections take their uplink back when it returns, those of others stay', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: THREE });
  lab.lose(lab.line(2));
  const long = await lab.hold(LONG);
  lab.restore(lab.line(2));
  const seen = sharesOf(lab.connect(flows(120)));
  assert.deepEqual(Object.keys(seen).sort(), ['line1', 'line2', 'line3']);
  mustBeWhole(await long.ask(), 'the uplink came back');
});
