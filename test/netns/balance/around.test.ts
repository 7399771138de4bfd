import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../router.ts';
import { inside, script, startTalker } from '../traffic/flows.ts';
import { client, flows, sharesOf } from './flows.ts';
import { positive } from './isp.ts';
import { type Lab, labFor } from './lab.ts';
import { THREE } from './uplinks.ts';

/** Ports 1001, 1002, 1003 leave by line1, line2, line3. */
const BY_PORT = [1, 2, 3]
  .map(
    (id) =>
      `[[policy]]\nname = "to-line${id}"\nprotocol = ["tcp", "udp"]\nto-ports = ${1000 + id}\nuse = "line${id}"\n`,
  )
  .join('\n');

test('masquerade: private sources, all, or none, per uplink', { skip }, async (t) => {
  const uplinks = (['private', 'all', 'none'] as const).map((kind, n) => ({
    ...THREE[n],
    toml: `masquerade = "${kind}"`,
  }));
  const lab = await labFor(t, { uplinks, policies: BY_PORT });
  // Addresses that are the customer's own.
  lab.sh('ip route add 198.51.100.0/24 via 192.168.7.10; ip -n lan route add local 198.51.100.0/24 dev lo');
  const own = lab.watch('ip saddr 198.51.100.5');
  const inner = lab.watch(`ip saddr ${client(5)}`);
  lab.connect(
    [1, 2, 3].flatMap((id) =>
      ['198.51.100.5', client(5)].flatMap((from) => flows(1, { protocol: 'udp', from, port: 1000 + id })),
    ),
  );
  assert.deepEqual(positive(own()), { line1: 1, line3: 1 });
  assert.deepEqual(positive(inner()), { line3: 1 });
});

test('segments are clamped to the MTU of the uplink, in both directions, unless the uplink says no', {
  skip,
}, async (t) => {
  const uplinks = THREE.map((uplink, n) => ({ ...uplink, toml: n === 1 ? 'clamp-mss = false' : '' }));
  const lab = await labFor(t, { uplinks, policies: BY_PORT });
  // The other end keeps its MTU: a server far away knows nothing of the small one.
  for (const { device } of lab.uplinks.slice(0, 2)) lab.sh(`ip link set ${device} mtu 1400`);
  lab.apply();
  lab.sh(`ip netns exec lan nft 'table ip lan { counter clamped { }
    chain in { type filter hook input priority 0; tcp option maxseg size 1360 counter name clamped; }
  }'`);
  const clamped = lab.watch('tcp option maxseg size 1360');
  const whole = lab.watch('tcp option maxseg size 1460');
  for (const id of [1, 2, 3])
    assert.deepEqual(sharesOf(lab.connect(flows(1, { port: 1000 + id }))), { [`line${id}`]: 1 });
  assert.deepEqual(positive(clamped()), { line1: 1 });
  assert.deepEqual(positive(whole()), { line2: 1, line3: 1 });
  assert.match(
    lab.sh('ip netns exec lan nft list counter ip lan clamped'),
    /packets 1 /,
    'the answer as well',
  );
});

test('a related connection follows its master through every uplink: ftp', { skip }, async (t) => {
  const policies = [1, 2, 3].map(
    (id) => `[[policy]]\nname = "to-line${id}"\nto = "10.99.1.${id}"\nuse = "line${id}"`,
  );
  const lab = await labFor(t, {
    uplinks: THREE,
    settings: 'helpers = ["ftp"]',
    policies: policies.join('\n'),
  });
  await startTalker(lab, `exec ${inside('isp')}${script('ftp')} serve`);
  for (const { id, address } of lab.uplinks) {
    const told = lab.sh(`${inside('lan')}${script('ftp')} fetch 10.99.1.${id} 192.168.7.10`, '');
    assert.equal(told.trim(), address, 'the server was told the address of the uplink, and could reach it');
  }
  assert.deepEqual(lab.wrongSources(), {});
});

test('main-destinations stay in main, whatever policies and marks say', { skip }, async (t) => {
  const settings = 'balance = "round-robin"\nmain-destinations = ["10.99.9.0/24"]';
  const policies = '[[policy]]\nname = "all"\nuse = "line1"';
  const lab = await labFor(t, { uplinks: THREE, settings, policies });
  lab.sh('ip route add default via 10.65.2.1 dev w2 metric 50');
  const kept = flows(40, { clients: 10 }).map((flow, n) => ({ ...flow, to: `10.99.9.${n}` }));
  for (const from of ['lan', {}] as const) {
    const mine = from === 'lan' ? kept : kept.map(({ from: _, ...flow }) => flow);
    assert.deepEqual(sharesOf(lab.connect(mine, from)), { line3: 40 });
    assert.deepEqual(sharesOf(lab.connect(flows(40), from)), { line1: 40 });
  }
});

const LEARNING = `
[[policy]]
name = "learned"
to-domains = ["example.org"]
use = "line2"
`;

const counterOf = (lab: Lab, name: string): number =>
  Number(lab.sh(`nft list counter inet mlb_hooks ${name}`).match(/packets (\d+)/)?.[1]);

test('counters and learned addresses survive reloads and events', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: THREE, policies: LEARNING });
  lab.sh('nft add element inet mlb_hooks domains_learned "{ 10.99.40.1, 10.99.40.2 }"');
  const learned = flows(30, { to: '10.99.40.2' });
  assert.deepEqual(sharesOf(lab.connect(learned)), { line2: 30 });
  for (const mode of ['random', 'source', 'failover', 'multipath'] as const) {
    const more = `${LEARNING}[[policy]]\nname = "other"\nto = "10.98.0.0/16"\nuse = "line1"`;
    lab.reconfigure({
      uplinks: THREE,
      settings: `balance = "${mode}"`,
      policies: mode === 'source' ? more : LEARNING,
    });
    lab.apply();
    lab.lose(lab.line(1));
    lab.restore(lab.line(1));
  }
  assert.equal(counterOf(lab, 'policy_learned'), 30);
  assert.equal(counterOf(lab, 'out_2'), 30);
  assert.deepEqual(sharesOf(lab.connect(learned)), { line2: 30 });
  assert.equal(counterOf(lab, 'policy_learned'), 60);

  lab.reconfigure({ uplinks: THREE });
  lab.apply();
  assert.doesNotMatch(lab.sh('nft list table inet mlb_hooks'), /learned|other/, 'what is obsolete is gone');
});
