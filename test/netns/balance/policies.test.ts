import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skip } from '../router.ts';
import { client, type Flow, flows, shareProblems, sharesOf } from './flows.ts';
import { positive } from './isp.ts';
import { type From, type Lab, labFor } from './lab.ts';
import { balanceBy } from './modes.ts';
import { THREE } from './uplinks.ts';

/** Each kind of condition, alone and together; what matches none of them is balanced. */
const KINDS = `
[sets]
banks = ["10.99.50.0/24", "10.99.51.7"]

[[policy]]
name = "one-client"
from = "${client(5)}"
use = "line1"

[[policy]]
name = "some-clients"
from = ["192.168.17.0/24", "${client(9)}"]
use = "line2"

[[policy]]
name = "banks"
to = "@banks"
use = "line1"

[[policy]]
name = "mail"
protocol = "tcp"
to-ports = [25, 465, "1000-2000"]
use = "line2"

[[policy]]
name = "game"
protocol = "udp"
from-ports = "3000-3010"
use = "line1"

[[policy]]
name = "both-ends"
from = "${client(20)}"
to = "10.99.60.0/24"
protocol = ["tcp", "udp"]
to-ports = 5000
use = "line2"

[[policy]]
name = "forwarded"
in-device = "lan0"
protocol = "tcp"
to-ports = 6001
use = "line1"

[[policy]]
name = "proxy"
user = 1000
use = "line2"

[[policy]]
name = "voice"
dscp = "ef"
use = "line1"

[[policy]]
name = "learned"
to-domains = ["example.org"]
use = "line2"

[[policy]]
name = "loud"
protocol = "tcp"
to-ports = 6100
use = "line1"
log = true

[[policy]]
name = "pings"
protocol = "icmp"
to = "10.99.70.0/24"
use = "line2"
`;

/** So many connections of a kind leave by one uplink only. */
const mustUse = (lab: Lab, uplink: string, some: readonly Flow[], from: From = 'lan'): void =>
  assert.deepEqual(sharesOf(lab.connect(some, from)), { [uplink]: some.length }, JSON.stringify(some[0]));

/** Connections that no policy takes are balanced: all three uplinks carry some. */
const mustBeBalanced = (lab: Lab, some: readonly Flow[], from: From = 'lan'): void => {
  const seen = sharesOf(lab.connect(some, from));
  assert.deepEqual(Object.keys(seen).sort(), ['line1', 'line2', 'line3'], JSON.stringify(some[0]));
};

/** Echo requests from the LAN, and the uplinks by which they came. */
const pingedBy = (lab: Lab, options: string): string[] => {
  const counted = lab.watch('icmp type echo-request');
  for (let n = 0; n < 6; n++)
    assert.equal(lab.try(`ip netns exec lan ping -q -c 1 -W 1 ${options}`).status, 0);
  return Object.keys(positive(counted()));
};

for (const mode of ['multipath', 'source'] as const)
  test(`each kind of condition matches what it says and nothing else: ${mode}`, { skip }, async (t) => {
    const lab = await labFor(t, { uplinks: THREE, settings: balanceBy(mode), policies: KINDS });
    mustUse(lab, 'line1', flows(40, { from: client(5) }));
    mustUse(lab, 'line1', flows(40, { from: client(5), protocol: 'udp', port: 25 }));
    mustUse(lab, 'line2', flows(40, { from: client(256 + 77) }));
    mustUse(lab, 'line2', flows(40, { from: client(9) }));
    mustBeBalanced(lab, flows(80, { clients: 5 }));

    const spread = flows(40, { clients: 5 });
    mustUse(
      lab,
      'line1',
      spread.map((flow, n) => ({ ...flow, to: `10.99.50.${n}` })),
    );
    mustUse(
      lab,
      'line1',
      spread.map((flow) => ({ ...flow, to: '10.99.51.7' })),
    );
    for (const port of [25, 465, 1000, 1500, 2000]) mustUse(lab, 'line2', flows(20, { port, clients: 5 }));
    for (const port of [26, 999, 2001]) mustBeBalanced(lab, flows(80, { port, clients: 5 }));
    mustBeBalanced(lab, flows(80, { port: 25, clients: 5, protocol: 'udp' }));

    const game = flows(11, { protocol: 'udp' }).map((flow, n) => ({ ...flow, fromPort: 3000 + n }));
    mustUse(lab, 'line1', game);
    const both = flows(30, { from: client(20), port: 5000 }).map((flow, n) => ({
      ...flow,
      to: `10.99.60.${n}`,
    }));
    mustUse(lab, 'line2', both);
    mustBeBalanced(lab, flows(80, { port: 5000, clients: 5 }));

    mustUse(lab, 'line1', flows(40, { port: 6001 }));
    mustBeBalanced(lab, flows(80, { port: 6001 }), {});
    mustUse(lab, 'line2', flows(40, { port: 7 }), { user: 1000 });
    mustBeBalanced(lab, flows(80, { port: 7 }), { user: 1001 });

    assert.deepEqual(pingedBy(lab, '-Q 0xb8 10.99.0.1'), ['line1'], 'dscp ef');
    assert.deepEqual(pingedBy(lab, '10.99.70.3'), ['line2'], 'icmp');

    const learned = flows(40, { clients: 5 }).map((flow, n) => ({ ...flow, to: `10.99.80.${n}` }));
    mustBeBalanced(lab, [...learned, ...learned]);
    const addresses = learned.map(({ to }) => to).join(', ');
    lab.sh(`nft add element inet mlb_hooks domains_learned '{ ${addresses} }'`);
    mustUse(lab, 'line2', learned);

    const { policies } = JSON.parse(lab.mlb('status --json').stdout) as {
      policies: { name: string; connections: number }[];
    };
    const hits = new Map(policies.map(({ name, connections }) => [name, connections]));
    assert.deepEqual(
      ['one-client', 'mail', 'proxy', 'loud'].map((name) => hits.get(name)),
      [80, 100, 40, 0],
    );
  });

test('a policy with log = true writes its hits to the log', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: THREE, policies: KINDS });
  // The kernel logs nothing of a namespace that is not the first one: what its rules do is traced instead.
  lab.sh(`nft 'table ip traced { chain first {
    type filter hook prerouting priority raw; tcp dport { 6100, 6001 } tcp flags syn meta nftrace set 1;
  }; }'`);
  const monitor = lab.start('exec nft monitor trace');
  let trace = '';
  monitor.stdout?.on('data', (data: Buffer) => {
    trace += data.toString();
  });
  await sleep(300);
  mustUse(lab, 'line1', flows(2, { port: 6100 }));
  for (let tries = 0; tries < 40 && !trace.includes('log prefix'); tries++) await sleep(50);
  assert.match(trace, /inet mlb_hooks policy_loud rule .*log prefix "[^"]*loud/);
  trace = '';
  mustUse(lab, 'line1', flows(2, { port: 6001 }));
  await sleep(300);
  assert.match(trace, /inet mlb_hooks policy_forwarded rule/);
  assert.doesNotMatch(trace, /log prefix/);
});

/** Ways of choosing; which uplinks carry while these are lost. */
const CHOICES = `
[[policy]]
name = "first-match"
from = "${client(1)}"
protocol = "tcp"
to-ports = 80
use = "line1"

[[policy]]
name = "later-match"
protocol = "tcp"
to-ports = 80
use = "line3"

[[policy]]
name = "preference"
protocol = "tcp"
to-ports = 81
use = ["line1", "line2"]

[[policy]]
name = "equal"
protocol = "tcp"
to-ports = 82
use = [["line1", "line2"], "line3"]
else = "reject"

[[policy]]
name = "left-alone"
protocol = "tcp"
to-ports = 83
use = "main"

[[policy]]
name = "exempt"
protocol = "tcp"
to-ports = 84
from = "${client(1)}"
use = "balance"

[[policy]]
name = "not-exempt"
protocol = "tcp"
to-ports = 84
use = "line2"

[[policy]]
name = "strict"
protocol = "tcp"
to-ports = 85
use = "line1"
else = "reject"
`;

for (const mode of ['multipath', 'round-robin', 'source', 'failover'] as const)
  test(`first match, preference, equal preference, main, balance, else: ${mode}`, { skip }, async (t) => {
    const lab = await labFor(t, { uplinks: THREE, settings: balanceBy(mode), policies: CHOICES });
    const some = (port: number, from = client(2)): Flow[] => flows(30, { from, port });
    const used = (port: number, from?: string): string[] => {
      const seen = Object.keys(sharesOf(lab.connect(some(port, from)))).sort();
      return seen;
    };
    const pair = flows(300, { clients: 300, port: 82 });
    const balanced = used(9, client(1));

    mustUse(lab, 'line1', some(80, client(1)));
    mustUse(lab, 'line3', some(80));
    mustUse(lab, 'line1', some(81));
    const shares = sharesOf(lab.connect(pair));
    if (mode === 'failover') assert.equal(Object.keys(shares).length, 1);
    else assert.deepEqual(shareProblems(shares, { line1: 1, line2: 2 }), []);
    assert.deepEqual(used(84, client(1)), balanced, 'exempt from the policy below');
    mustUse(lab, 'line2', some(84));
    mustUse(lab, 'line1', some(85));
    lab.sh('ip route add default via 10.65.2.1 dev w2 metric 50');
    mustUse(lab, 'line3', some(83));
    lab.sh('ip route del default via 10.65.2.1 dev w2 metric 50');

    assert.equal(lab.mlb('down line1').status, 0);
    mustUse(lab, 'line2', some(81));
    assert.deepEqual(sharesOf(lab.connect(pair)), { line2: 300 });
    assert.ok(!used(80, client(1)).includes('line1'), 'any other');
    const refused = lab.connect(some(85));
    assert.ok(
      refused.every((reason) => /^E(HOST|NET)UNREACH$|^ECONNREFUSED$/.test(reason)),
      `refused at once: ${refused}`,
    );

    lab.lose(lab.line(2));
    assert.deepEqual(sharesOf(lab.connect(pair)), { line3: 300 });
    assert.equal(lab.mlb('up line1').status, 0);
    mustUse(lab, 'line1', some(85));
    mustUse(lab, 'line1', some(81));
    assert.deepEqual(sharesOf(lab.connect(pair)), { line1: 300 });
  });
