import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Flow, flows, sharesOf } from '../balance/flows.ts';
import { harmed, type Report, showReport } from '../balance/held.ts';
import { type Lab, labFor } from '../balance/lab.ts';
import { balanceBy } from '../balance/modes.ts';
import { THREE } from '../balance/uplinks.ts';
import { skip } from '../router.ts';

/** Mail leaves by line3 or not at all, voice by line3 as long as that is to be had. */
const POLICIES = `
[[policy]]
name = "mail"
protocol = "tcp"
to-ports = 25
use = "line3"
else = "reject"

[[policy]]
name = "voice"
protocol = "udp"
to-ports = 5060
use = ["line3", "line2"]

[[policy]]
name = "bank"
protocol = "tcp"
to-ports = 4430
use = ["line3", "line1"]
else = "reject"
`;

const MAIL: Flow[] = flows(6, { clients: 6, port: 25 });
const VOICE: Flow[] = flows(6, { clients: 6, port: 5060, protocol: 'udp' });
const BANK: Flow[] = flows(6, { clients: 6, port: 4430 });
const OTHERS: Flow[] = [...flows(20, { clients: 10 }), ...flows(20, { clients: 10, protocol: 'udp' })];

/** `mlb-hooks drain line3` and its like, which must succeed. */
const say = (lab: Lab, words: string): void => {
  const { status, stderr } = lab.mlb(words);
  assert.equal(status, 0, `${words}: ${stderr}`);
};

const mustBeWhole = (reports: readonly Report[], when: string): void =>
  assert.deepEqual(harmed(reports).map(showReport), [], when);

const linesOf = (lab: Lab, some: readonly Flow[]): string[] =>
  Object.keys(sharesOf(lab.connect(some))).sort();

/** What comes of new connections while line3 gets none. */
const mustAvoidLine3 = (lab: Lab, when: string): void => {
  assert.deepEqual(linesOf(lab, flows(60, { clients: 60 })), ['line1', 'line2'], when);
  assert.deepEqual(linesOf(lab, VOICE), ['line2'], when);
  assert.deepEqual(linesOf(lab, BANK), ['line1'], when);
  const refused = lab.watch('tcp dport 25 tcp flags & (syn | ack) == syn');
  for (const seen of linesOf(lab, MAIL)) assert.doesNotMatch(seen, /^line/, when);
  assert.deepEqual(
    Object.values(refused()).filter((count) => count > 0),
    [],
    when,
  );
};

for (const mode of ['multipath', 'source', 'failover'] as const)
  test(`a draining uplink keeps the connections that it has, and gets no new ones: ${mode}`, {
    skip,
  }, async (t) => {
    const tiers = mode === 'failover' ? THREE.map((uplink, n) => ({ ...uplink, tier: 3 - n })) : THREE;
    const lab = await labFor(t, { uplinks: tiers, settings: balanceBy(mode), policies: POLICIES });
    const long = await lab.hold([...MAIL, ...VOICE, ...BANK, ...OTHERS]);
    const before = await long.ask();
    mustBeWhole(before, 'at first');
    const held = lab.entries(3);
    assert.ok(held > MAIL.length + VOICE.length + BANK.length, `line3 has ${held} connections`);

    say(lab, 'drain line3');
    mustBeWhole(await long.ask(), 'it was drained');
    assert.equal(lab.entries(3), held);
    if (mode !== 'failover') mustAvoidLine3(lab, 'draining');
    else assert.deepEqual(linesOf(lab, flows(20, { clients: 20 })), ['line2']);
    mustBeWhole(await long.ask(), 'others came and were refused');
    say(lab, 'apply');
    mustBeWhole(await long.ask(), 'another run');

    say(lab, 'enable line3');
    mustBeWhole(await long.ask(), 'it was given back');
    assert.deepEqual(linesOf(lab, MAIL), ['line3']);
    assert.deepEqual(linesOf(lab, VOICE), ['line3']);
    assert.ok(linesOf(lab, flows(60, { clients: 60 })).includes('line3'));
    assert.deepEqual(lab.wrongSources(), {});
  });

test('a disabled uplink loses its connections and gets no new ones, until it is enabled', {
  skip,
}, async (t) => {
  const lab = await labFor(t, { uplinks: THREE, policies: POLICIES });
  const long = await lab.hold([...VOICE, ...flows(20, { clients: 10, protocol: 'udp' })]);
  mustBeWhole(await long.ask(), 'at first');
  say(lab, 'disable line3');
  assert.equal(lab.entries(3), 0);
  mustAvoidLine3(lab, 'disabled');
  // UDP goes on by the others.
  for (const { seen, flow } of await long.ask()) {
    assert.ok(seen.length <= 2, `${flow.to} by ${seen.join(', then ')}`);
    assert.notEqual(seen.at(-1), 'line3', flow.to);
  }
  say(lab, 'enable line3');
  assert.deepEqual(linesOf(lab, MAIL), ['line3']);
});

test('a draining uplink that is disabled, or whose device goes, lets go of what it kept', {
  skip,
}, async (t) => {
  const lab = await labFor(t, { uplinks: THREE });
  const line3 = lab.line(3);
  for (const end of [() => say(lab, 'disable line3'), () => lab.lose(line3)]) {
    say(lab, 'drain line3');
    say(lab, 'enable line3');
    const long = await lab.hold(flows(30, { clients: 30, protocol: 'udp' }));
    say(lab, 'drain line3');
    assert.ok(lab.entries(3) > 0);
    end();
    assert.equal(lab.entries(3), 0);
    for (const { seen } of await long.ask()) assert.notEqual(seen.at(-1), 'line3');
    say(lab, 'enable line3');
  }
});
