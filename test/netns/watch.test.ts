import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skip } from './router.ts';
import { clock, LISTENS, startWatching, type Watching } from './watching.ts';

/** What happens without any hook, and how the tool tells it. Each builds upon those before. */
const EVENTS: readonly [what: string, script: string, said: RegExp][] = [
  ['an address comes', 'ip addr add 198.51.100.2/24 dev eth2', /^ip: \d+: eth2 +inet 198\.51\.100\.2\/24/],
  ['an address goes', 'ip addr del 198.51.100.2/24 dev eth2', /^ip: Deleted \d+: eth2 +inet/],
  ['the carrier is lost', 'ip link set isp2 down', /^ip: \d+: eth2@isp2: <NO-CARRIER/],
  ['the carrier returns', 'ip link set isp2 up', /^ip: \d+: eth2@isp2: /],
  ['an uplink is set down', 'ip link set eth2 down', /^ip: \d+: eth2@isp2: /],
  ['the mtu changes', 'ip link set eth1 mtu 1400', /^ip: \d+: eth1@isp1: .* mtu 1400/],
  ['a gateway', 'ip route add default via 192.0.2.1 dev eth1', /^ip: default via 192\.0\.2\.1 dev eth1/],
  ['another', 'ip route replace default via 192.0.2.9 dev eth1', /^ip: default via 192\.0\.2\.9/],
  ['a route of main', 'ip route add 10.9.0.0/16 via 192.0.2.9', /^ip: 10\.9\.0\.0\/16/],
  ['main is flushed', 'ip route flush root 10.9.0.0/16', /^ip: Deleted 10\.9\.0\.0\/16/],
  ['somebody in BASE', 'ip route add 10.8.0.0/16 via 192.0.2.9 table 7700', /table 7700/],
  ['a table is flushed', 'ip route flush table 7700', /^ip: Deleted .* table 7700/],
  ['a rule', 'ip rule add priority 20900 lookup 7700 protocol 77', /^ip: 20900: from all lookup 7700/],
  ['rules are flushed', 'ip rule flush protocol 77', /^ip: Deleted 20900:/],
  ['a nexthop object', 'ip nexthop add id 5 via 192.0.2.1 dev eth1', /^ip: id 5 via/],
  [
    'it takes a route',
    'ip route add 10.7.0.0/16 nhid 5; sleep 0.1; ip nexthop del id 5',
    /^ip: 10\.7\.0\.0\/16/,
  ],
  ['a qdisc', 'tc qdisc add dev eth1 root handle 9: pfifo', /^tc: .*qdisc .* dev eth1 root/],
  ['a qdisc goes', 'tc qdisc del dev eth1 root', /^tc: .*qdisc .* dev eth1 root/],
  [
    'our table is lost',
    'nft add table inet mlb_hooks; nft delete table inet mlb_hooks',
    /^nft: delete table inet mlb_hooks/,
  ],
  [
    'all tables are lost',
    'nft add table inet mlb_hooks; nft flush ruleset',
    /^nft: delete table inet mlb_hooks/,
  ],
  ['an uplink is destroyed', 'ip link del eth2', /^ip: (Deleted )?\d+: eth2@/],
];

/** Milliseconds from the end of a command until the watch has told of it. */
const SOON = 100;

test('whatever changes without a hook is told within a tenth of a second, and not again and again', {
  skip,
}, async (t) => {
  const watching = await startWatching(t);
  for (const [what, script, expected] of EVENTS) {
    const before = watching.said.length;
    watching.sh(script);
    const done = clock();
    await sleep(2 * SOON);
    const changes = watching.said.slice(before);
    const [first] = changes;
    assert.match(first?.text ?? 'nothing', expected, what);
    assert.ok((first?.at ?? 0) - done < SOON, `${what}: ${(first?.at ?? 0) - done} ms`);
    assert.ok(changes.length <= 3, `${what}: ${JSON.stringify(changes)}`);
  }
  assert.deepEqual(
    watching.said.filter(({ kind }) => kind === 'problem'),
    [],
  );
});

/** Containers come and go, a daemon fills a table of its own, somebody has a firewall. */
const OTHERS = `
  for i in 1 2 3 4 5 6 7 8; do
    ip link add veth$i type veth peer name eth0 netns other && ip link set veth$i master br0 && ip link set veth$i up
    ip -n other link set eth0 up && ip -n other addr add 172.17.0.$((i + 1))/16 dev eth0
    ip -n other route add default via 172.17.0.1
    ip link del veth$i
  done
  ip neigh add 192.0.2.77 lladdr 02:00:00:00:00:01 dev eth1
  ip -6 addr add 2001:db8::1/64 dev eth1 nodad
  ip route add 10.66.0.0/16 via 192.0.2.1 table 300
  ip rule add priority 100 lookup 300
  tc qdisc add dev br0 root handle 5: pfifo
  nft add table inet filter; nft delete table inet filter`;

test('what happens to other devices, tables and rules is not told', { skip }, async (t) => {
  const prepare = 'ip netns add other && ip link add br0 type bridge && ip link set br0 up';
  const watching = await startWatching(t, { prepare });
  assert.deepEqual(await watching.changesOf(OTHERS), []);
});

test('5,000 routes in one batch are few calls, and the last of them is not missed', { skip }, async (t) => {
  const watching = await startWatching(t);
  const lines = Array.from(
    { length: 5000 },
    (_, index) => `route add 10.${Math.floor(index / 250)}.${index % 250}.0/24 via 192.0.2.1`,
  );
  const before = watching.said.length;
  watching.sh('ip -batch -', `${lines.join('\n')}\n`);
  const done = clock();
  await watching.until('quiet', () => clock() - Math.max(done, watching.said.at(-1)?.at ?? 0) > 300);
  const changes = watching.said.slice(before);
  const last = changes.at(-1)?.at ?? 0;
  const span = last - (changes[0]?.at ?? 0);
  assert.ok(changes.length >= 1 && changes.length <= 2 + span / 45, `${changes.length} in ${span} ms`);
  assert.ok(
    last >= done - 150,
    'the last call came after the last route, or so soon before that its run saw it',
  );
});

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

const restarts = (watching: Watching, tool: string): number =>
  watching.said.filter(({ text }) => text === `${tool}: ${LISTENS}`).length;

test('tools that are killed come back, say so, and look at what may have been missed', {
  skip,
}, async (t) => {
  const watching = await startWatching(t);
  const before = watching.tools();
  for (const tool of ['ip', 'tc', 'nft']) watching.sh(`kill -9 ${before[tool]}`);
  for (const tool of ['ip', 'tc', 'nft'])
    await watching.until(`${tool} is back`, () => restarts(watching, tool) === 2, 3);
  const problems = watching.said.filter(({ kind }) => kind === 'problem').map(({ text }) => text);
  assert.equal(problems.length, 3);
  assert.match(problems.join('\n'), /nft monitor destroy tables: was ended by SIGKILL; it is started again/);
  assert.equal((await watching.changesOf('ip addr add 198.51.100.2/24 dev eth2')).length > 0, true);
  assert.equal((await watching.changesOf('tc qdisc add dev eth1 root handle 9: pfifo')).length > 0, true);
});

test('a tool that fails again and again is tried ever more seldom, and that is said once', {
  skip,
}, async (t) => {
  const prepare =
    'printf "#!/bin/sh\\necho no >&2; exit 3\\n" > /run/tc && chmod 755 /run/tc && mount --bind /run/tc /usr/sbin/tc';
  const watching = await startWatching(t, { prepare, tools: ['ip', 'nft'] });
  await sleep(2000);
  const problems = watching.said.filter(({ kind }) => kind === 'problem').map(({ text }) => text);
  assert.deepEqual(problems, ['tc monitor: ended with status 3 (no); it is started again']);
  assert.equal(restarts(watching, 'tc'), 0, 'nothing is looked at for a tool that never listened');
  watching.sh('umount /usr/sbin/tc');
  await watching.until('tc listens', () => restarts(watching, 'tc') === 1);
});

/** /usr/sbin without nft. */
const WITHOUT_NFT = `mkdir /run/tools /run/tools/upper /run/tools/work && mknod /run/tools/upper/nft c 0 0 &&
  mount -t overlay -o lowerdir=/usr/sbin,upperdir=/run/tools/upper,workdir=/run/tools/work overlay /usr/sbin`;

test('without nft the others are watched, and it is watched too once it is installed', {
  skip,
}, async (t) => {
  const watching = await startWatching(t, { prepare: WITHOUT_NFT, tools: ['ip', 'tc'] });
  await sleep(1000);
  const problems = watching.said.filter(({ kind }) => kind === 'problem').map(({ text }) => text);
  assert.equal(problems.length, 1);
  assert.match(
    problems[0] ?? '',
    /^nft monitor destroy tables: not found .*install the Debian package nftables/,
  );
  assert.ok((await watching.changesOf('ip addr add 198.51.100.2/24 dev eth2')).length > 0);
  watching.sh('umount -l /usr/sbin');
  await watching.until('nft listens', () => restarts(watching, 'nft') === 1);
});

test('where the kernel had more to tell than the tool could take, that is told', { skip }, async (t) => {
  const watching = await startWatching(t);
  const { ip } = watching.tools();
  const routes = Array.from({ length: 40_000 }, (_, index) => {
    const place = index % 20_000;
    const action = index < 20_000 ? 'add' : 'del';
    return `route ${action} blackhole 10.${Math.floor(place / 250)}.${place % 250}.0/24 table 300`;
  });
  watching.sh(`kill -STOP ${ip}`);
  watching.sh('ip -batch -', `${routes.join('\n')}\n`);
  const before = watching.said.length;
  watching.sh(`kill -CONT ${ip}`);
  await watching.until('told', () => watching.said.length > before);
  assert.match(watching.said[before]?.text ?? '', /^ip: .*No buffer space available/);
});

test('the tools end with their owner, however it ends, and a stopped one too', { skip }, async (t) => {
  for (const end of ['stop', 'kill'] as const) {
    const watching = await startWatching(t);
    const pids = [watching.pid(), ...Object.values(watching.tools())];
    assert.equal(pids.length, 4);
    watching.sh(`kill -STOP ${pids[2]}`);
    if (end === 'stop') watching.end();
    else watching.sh(`kill -9 ${pids[0]}`);
    await watching.until(`ended by ${end}`, () => !pids.some(isAlive), 3);
  }
});

test('suspects are the programs that hold a socket for routes, without ourselves and our tools', {
  skip,
}, async (t) => {
  const watching = await startWatching(t);
  const { pid } = watching.start('exec ip monitor route');
  await watching.until('asked', () => {
    watching.ask();
    return watching.said.some(({ kind, text }) => kind === 'suspects' && text !== '');
  });
  const texts = watching.said.filter(({ kind }) => kind === 'suspects').map(({ text }) => text);
  assert.match(texts.at(-1) ?? '', /^ip \(\d+\)$/);
  assert.notEqual(pid, undefined);
});
