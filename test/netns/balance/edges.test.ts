/** What happens rarely, and must not break a promise. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skip } from '../router.ts';
import { inside, script, startTalker } from '../traffic/flows.ts';
import { type Flow, flows, sharesOf } from './flows.ts';
import { positive } from './isp.ts';
import { labFor, makeLab } from './lab.ts';
import { THREE } from './uplinks.ts';

const strictPort = (port: number): string =>
  `[[policy]]\nname = "pinned"\nprotocol = ["tcp", "udp"]\nto-ports = ${port}\nuse = "line2"\nelse = "reject"\n`;

test('a strict policy holds from the very first load, and when an uplink is added', { skip }, async (t) => {
  const setup = { uplinks: THREE, settings: '', policies: strictPort(7777) };
  const lab = await makeLab(setup);
  t.after(lab.stop);
  const counted = lab.watch('udp dport 7777');
  await startTalker(lab, `exec ${inside('lan')}${script('storm')} 10.99 7777 2`);
  lab.apply();
  await sleep(100);
  assert.equal(lab.mlb('down line2').status, 0);
  await sleep(100);
  const { line2 = 0, ...others } = counted();
  assert.deepEqual(positive(others), {});
  assert.ok(line2 > 0);
});

test("the outer packets of a tunnel are the router's own, and guarded as such", { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: THREE, settings: '', policies: strictPort(4789) });
  lab.sh(`ip link add vx0 type vxlan id 5 remote 10.99.1.1 dstport 4789
    ip addr add 10.200.0.1/24 dev vx0; ip link set vx0 up
    ip neigh add 10.200.0.2 lladdr 02:00:00:00:00:09 dev vx0`);
  const counted = lab.watch('udp dport 4789');
  const ping = (): void => {
    lab.sh('ping -c 5 -i 0.05 -W 1 10.200.0.2 >/dev/null || true');
  };
  ping();
  assert.ok((counted().line2 ?? 0) >= 5);
  lab.lose(lab.line(2));
  ping();
  const { line2: _line2, ...others } = counted();
  assert.deepEqual(positive(others), {});
});

test('what stays in main does so while the uplink that main leads to is out of use', { skip }, async (t) => {
  const lab = await labFor(t, {
    uplinks: THREE,
    settings: 'main-destinations = ["10.99.9.0/24"]',
    policies: '[[policy]]\nname = "left-alone"\nprotocol = "tcp"\nto-ports = 4444\nuse = "main"\n',
  });
  const line = lab.line(3);
  lab.sh(`ip route add default via ${line.gateway} dev ${line.device}`);
  assert.equal(lab.mlb('down line3').status, 0);
  const kept = Array.from(
    { length: 10 },
    (_, n): Flow => ({ protocol: 'tcp', to: `10.99.9.${n + 1}`, port: 4445 }),
  );
  assert.deepEqual(sharesOf(lab.connect(flows(10, { port: 4444 }))), { line3: 10 });
  assert.deepEqual(sharesOf(lab.connect(kept)), { line3: 10 });
  assert.deepEqual(lab.wrongSources(), {});
});

test('destinations of main are not refused by a strict policy', { skip }, async (t) => {
  const lab = await labFor(t, {
    uplinks: THREE,
    settings: 'main-destinations = ["10.99.9.0/24"]',
    policies: strictPort(4444),
  });
  const line = lab.line(3);
  lab.sh(`ip route add default via ${line.gateway} dev ${line.device}`);
  const kept = Array.from(
    { length: 10 },
    (_, n): Flow => ({ protocol: 'tcp', to: `10.99.9.${n + 1}`, port: 4444 }),
  );
  assert.deepEqual(sharesOf(lab.connect(kept)), { line3: 10 });
  assert.deepEqual(sharesOf(lab.connect(flows(10, { port: 4444 }))), { line2: 10 });
});

test('by client, a line without carrier leaves each of its clients one other line', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: THREE, settings: 'balance = "source"' });
  lab.sh(`ip -n isp link set ${lab.line(1).other} down`);
  await sleep(100);
  lab.apply();
  const seen = lab.connect(flows(300, { clients: 30 }));
  const lines = new Map<string, Set<string>>();
  for (const [n, { from = '' }] of flows(300, { clients: 30 }).entries())
    lines.set(from, (lines.get(from) ?? new Set()).add(seen[n] ?? ''));
  assert.deepEqual(
    [...lines].filter(([, used]) => used.size !== 1 || used.has('line1')),
    [],
  );
});

test("a mark of others' reaches their rules whole, in every mode", { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: THREE, settings: 'balance = "random"' });
  const line = lab.line(3);
  lab.sh(`ip route add default via ${line.gateway} dev ${line.device} table 100
    ip rule add priority 100 fwmark 0x1 lookup 100
    nft 'table inet other { chain c { type filter hook prerouting priority -200; tcp dport 4444 meta mark set 1; }; }'`);
  assert.deepEqual(sharesOf(lab.connect(flows(20, { port: 4444 }))), { line3: 20 });
});

test('a user who was removed stops no hook', { skip }, async (t) => {
  const policies = '[[policy]]\nname = "proxy"\nuser = "squidx"\nuse = "line2"\n';
  const lab = await makeLab({ uplinks: THREE, settings: '', policies });
  t.after(lab.stop);
  lab.sh('cp /etc/passwd /etc/passwd.all; echo squidx:x:4242:4242::/:/bin/false >>/etc/passwd');
  lab.apply();
  lab.sh('cat /etc/passwd.all >/etc/passwd');
  lab.lose(lab.line(1));
  lab.restore(lab.line(1));
  assert.match(lab.sh('ip route show table 7701'), /^default .* metric 1 $/m);
});

test('a UDP flow that never pauses moves to the line of a policy that comes to cover it', {
  skip,
}, async (t) => {
  const setup = { uplinks: THREE, settings: 'balance = "random"' };
  const lab = await labFor(t, setup);
  const long = await lab.hold(flows(12, { protocol: 'udp', port: 25 }));
  lab.reconfigure({ ...setup, policies: strictPort(25) });
  lab.apply();
  await sleep(300);
  const counted = lab.watch('udp dport 25');
  await sleep(300);
  const { line2 = 0, ...others } = counted();
  assert.deepEqual(positive(others), {});
  assert.ok(line2 > 12, `${line2} packets`);
  const before = await long.ask();
  await sleep(200);
  const after = await long.ask();
  const still = after.filter(({ answered }, n) => answered === before[n]?.answered);
  assert.deepEqual(still, [], 'every flow is answered again');
});

/** A socket whose process has ended before its data was acknowledged. */
const orphan = (to: string): string =>
  `const socket = require('node:net').connect(80, '${to}', () =>
    setTimeout(() => { socket.write('x'.repeat(3000)); setImmediate(() => process.exit(0)); }, 300));`;

test('what a removed process left to send does not leave by another line', { skip }, async (t) => {
  const policies = '[[policy]]\nname = "squid"\nuser = 65534\nuse = "line2"\nelse = "reject"\n';
  const lab = await labFor(t, { uplinks: THREE, settings: '', policies });
  // The provider swallows data, so that it is sent again and again.
  lab.sh(`ip netns exec isp nft 'table ip swallow { chain c { type filter hook prerouting priority -500;
    iifname "${lab.line(2).other}" ip length > 100 drop; }; }'`);
  lab.sh(
    `setpriv --reuid=65534 --clear-groups ${process.execPath} -e "${orphan('10.99.1.1').replaceAll('"', '\\"')}"`,
  );
  assert.match(lab.sh("ss -tn state fin-wait-1 '( dport = :80 )'"), /10\.99\.1\.1:80/);
  const counted = lab.watch('tcp dport 80');
  assert.equal(lab.mlb('down line2').status, 0);
  await sleep(2500);
  const { line2: _line2, ...others } = counted();
  assert.deepEqual(positive(others), {});
});
