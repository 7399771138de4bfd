import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Flow, flows } from '../netns/balance/flows.ts';
import type { Held, Report } from '../netns/balance/held.ts';
import { balanceBy } from '../netns/balance/modes.ts';
import { PORT } from '../netns/traffic/flows.ts';
import { bootLab, type Lab } from './lab/boot.ts';
import { connect, fetchByFtp, hold, serve, serveFtp } from './lab/connections.ts';
import { buildNetwork, CONFIG, type LineName, NET, uplinkOf } from './lab/network.ts';
import { whyNoLab } from './lab/packages.ts';
import { configure, hooksRan, installProduct, mlb, readLog } from './lab/product.ts';
import { startTraffic } from './lab/traffic.ts';
import { addressOf, dial, hangup, ifup } from './lab/uplinks.ts';
import { destinationPort, type Field, type PerWire, watchWires } from './lab/wires.ts';

// Connections over real lines that hang up and come back with another address.

/** Each in turn, under the same long transfers. */
const ROUNDS = [
  { mode: 'multipath', line: 'dsl1', how: 'TERM' },
  { mode: 'random', line: 'dsl2', how: 'server' },
  { mode: 'round-robin', line: 'dsl1', how: 'TERM' },
  { mode: 'source', line: 'dsl1', how: 'server' },
] as const;

const IDS = { dsl1: 1, dsl2: 2 } as const satisfies Record<LineName, number>;

/** UDP to these ports is pinned: the one that startTraffic takes first, and one for the router itself. */
const PINNED = { lan: 7001, router: 7002, line: 'dsl2' } as const;

const configFor = (mode: (typeof ROUNDS)[number]['mode']): string => `[settings]
${balanceBy(mode)}
helpers = ["ftp"]

${CONFIG}
[[policy]]
name = "pinned"
protocol = "udp"
to-ports = [${PINNED.lan}, ${PINNED.router}]
use = "${PINNED.line}"
else = "reject"
log = true
`;

const CLIENTS = 18;
/** One connection of each client. */
const ONE_EACH = flows(CLIENTS, { clients: CLIENTS });
const TRANSFERS = [...ONE_EACH, ...flows(6, { protocol: 'udp', clients: 6 })];
const BLOCK_EVERY_MS = 250;

/** Servers behind the router, and who asks for them. */
const DNAT = `table ip lab_dnat {
  chain prerouting {
    type nat hook prerouting priority dstnat
    iifname { "ppp0", "ppp1", "eth2" } tcp dport 8080 dnat to ${NET.client}:${PORT}
  }
}
`;

/** TCP's first packet, to a server. */
const isSyn = (field: Field): string => `${destinationPort(field)} ${PORT} ${field(33, 8)} 2`;
/** The value of its first option, with which every kernel begins: the segment size (RFC 9293, 3.2). */
const segmentSize = (field: Field): string => field(42, 16);

describe('connections over lines that come and go', { skip: await whyNoLab(), timeout: 400_000 }, () => {
  let lab: Lab;
  let transfers: Held;
  let syns: () => Promise<PerWire>;
  let smallSyns: () => Promise<PerWire>;

  before(async () => {
    lab = await bootLab();
    await buildNetwork(lab);
    // nft loads the helper alone, without what translates the addresses in what is said.
    await lab.run('modprobe nf_nat_ftp');
    await configure(lab, configFor(ROUNDS[0].mode));
    await installProduct(lab);
    const [one, two] = await Promise.all([dial(lab, 'dsl1'), dial(lab, 'dsl2'), ifup(lab)]);
    await hooksRan(lab, 'ip-up', one.address, two.address);
    syns = await watchWires(lab, isSyn);
    smallSyns = await watchWires(lab, (field) => `${isSyn(field)} ${segmentSize(field)} 1452`);
    await Promise.all([serve(lab, 'isp'), serve(lab, 'lan'), serve(lab, undefined), serveFtp(lab, 'isp')]);
    transfers = await hold(lab, TRANSFERS, BLOCK_EVERY_MS);
  });
  after(() => lab?.stop());

  for (const [round, { mode, line, how }] of ROUNDS.entries())
    test(`${mode}: when ${line} goes (${how}) and comes back, only its own connections move, and at once`, async () => {
      if (round > 0) {
        const sound = (await transfers.ask()).filter(({ seen, error }) => seen.length === 1 && !error);
        await configure(lab, configFor(mode));
        await mlb(lab, 'apply');
        assert.deepEqual(harmedSince(sound, await transfers.renew()), [], 'by the new mode');
      }
      const [reports, clients] = [await transfers.ask(), await connect(lab, ONE_EACH)];
      const own = reports.filter(({ seen }) => seen[0] === line);
      const others = reports.filter(({ seen }) => seen[0] !== line);
      assert.ok(own.length > 0 && others.length > 0, JSON.stringify(reports.map(({ seen }) => seen)));

      await goes(line, how);
      assert.equal(await entriesOf(line), 0, `what the kernel knows of connections by ${line}`);
      const moved = await connect(lab, own.map(newConnection));
      assert.deepEqual(strangers(moved, line), [], 'new connections of its clients');
      const meanwhile = await connect(lab, ONE_EACH);
      assert.deepEqual(strangers(meanwhile, line), []);
      assert.deepEqual(harmedSince(others, await transfers.ask()), [], 'when it went');

      await comes(line);
      assert.deepEqual(harmedSince(others, await transfers.ask()), [], 'when it came back');
      const later = await connect(lab, ONE_EACH);
      if (mode !== 'source') return;
      assert.deepEqual(
        meanwhile.filter((uplink, index) => clients[index] !== line && clients[index] !== uplink),
        [],
        'clients of the others that moved',
      );
      assert.deepEqual(later, clients, 'every client as before');
    });

  test('a pinned line leaks nothing onto the others while it goes and comes back, neither the LAN nor the router', async () => {
    const watches = await Promise.all(
      [PINNED.lan, PINNED.router].map((port) =>
        watchWires(lab, (field) => `${destinationPort(field)} ${port}`),
      ),
    );
    const traffic = await startTraffic(lab, { flows: 6 });
    const router = await lab.background([
      ...['bash', '-c'],
      `while :; do echo x >/dev/udp/${NET.server}/${PINNED.router}; sleep 0.05; done 2>/dev/null`,
    ]);
    for (const how of ['TERM', 'KILL'] as const) {
      const address = await addressNow(PINNED.line);
      await hangup(lab, PINNED.line, { how });
      if (how !== 'KILL') await hooksRan(lab, 'ip-down', address);
      await comes(PINNED.line);
    }
    await mlb(lab, 'down', PINNED.line);
    await mlb(lab, 'up', PINNED.line);
    await lab.run('sleep 0.5');
    await router.kill();
    const report = await traffic.stop();
    for (const counted of watches) {
      const { [PINNED.line]: pinned, ...others } = await counted();
      assert.deepEqual(others, { dsl1: 0, cable: 0 });
      assert.ok(pinned > 20, `${pinned} packets by the line itself`);
    }
    const sources = report.flows.flatMap(({ carriers }) => carriers.map(({ source }) => uplinkOf(source)));
    assert.deepEqual([...new Set(sources)], [PINNED.line]);
    // The last stretch began after the line was there again.
    for (const { lostUp } of report.flows) assert.ok(!lostUp.some(([, last]) => last === report.sent - 1));
  });

  test('a policy with log = true writes its hits to the kernel log', async () => {
    assert.match(await lab.run('dmesg'), /mlb-hooks pinned: .* SRC=10\.0\.16\.5 /);
  });

  test('a server behind DNAT and the router itself are reached by every uplink, and answer by it', async () => {
    await lab.run(['nft', '-f', '-'], { input: DNAT });
    const addresses = [await addressNow('dsl1'), await addressNow('dsl2'), NET.cable.address];
    const visits = [8080, PORT].flatMap((port) =>
      addresses.flatMap((to) => flows(4, { from: NET.server, to, port })),
    );
    // The provider drops an answer that comes by another line than its source address belongs to.
    const seen = await connect(lab, visits, 'isp');
    assert.deepEqual(new Set(seen), new Set([NET.server]));
  });

  test("active FTP: the server's data connection is let in and is its master's", async () => {
    const told = await Promise.all(
      ONE_EACH.slice(0, 4).map(({ from = '' }) => fetchByFtp(lab, NET.server, from)),
    );
    const uplinks = told.map(uplinkOf);
    assert.ok(!uplinks.includes(undefined), `called at ${told.join(', ')}`);
    const data = await lab.run('conntrack -L -p tcp --orig-port-src 20 2>/dev/null');
    const marks = [...data.matchAll(/dst=(\S+) sport=20 .* mark=(\d+)/g)];
    assert.equal(marks.length, told.length, data);
    for (const [, address = '', mark] of marks)
      assert.equal(Number(mark) >> 24, address === NET.cable.address ? 3 : IDS[lineOf(address)], data);
  });

  test('TCP is told of the small MTU of a PPPoE line', async () => {
    const [all, small] = [await syns(), await smallSyns()];
    assert.ok(all.dsl1 > 0 && all.dsl2 > 0 && all.cable > 0, JSON.stringify(all));
    assert.deepEqual(small, { ...all, cable: 0 });
  });

  test('a machine without conntrack: said once, by the name of the package', async () => {
    await lab.run('mv /usr/sbin/conntrack /usr/sbin/conntrack.away');
    for (const line of ['dsl1', 'dsl2'] as const) await goes(line, 'TERM');
    const said = (await readLog(lab)).map(({ msg }) => msg).filter((msg) => msg.includes('conntrack'));
    assert.equal(said.length, 1, JSON.stringify(said));
    assert.match(`${said[0]}`, /package conntrack/);
  });

  const addressNow = async (line: LineName): Promise<string> =>
    (await addressOf(lab, line === 'dsl1' ? 'ppp0' : 'ppp1')).address ?? '';

  /** Resolves when the hook has run. */
  const goes = async (line: LineName, how: 'TERM' | 'server'): Promise<void> => {
    const address = await addressNow(line);
    await hangup(lab, line, { how });
    await hooksRan(lab, 'ip-down', address);
  };

  const comes = async (line: LineName): Promise<void> => {
    const { address } = await dial(lab, line);
    await hooksRan(lab, 'ip-up', address);
  };

  const entriesOf = async (line: LineName): Promise<number> =>
    Number(await lab.run(`conntrack -L --mark ${IDS[line] << 24}/${63 << 24} 2>/dev/null | wc -l`));
});

/** Transfers that broke, moved or stood still since they were looked at. */
const harmedSince = (before: readonly Report[], now: readonly Report[]): readonly Report[] =>
  now.filter((report) => {
    const earlier = before.find(({ flow }) => flow === report.flow);
    if (earlier === undefined) return false;
    return report.error !== undefined || report.seen.length !== 1 || report.answered <= earlier.answered;
  });

const newConnection = ({ flow }: Report): Flow => ({ ...flow, protocol: 'tcp' });

/** What is seen but is no uplink, or the one that is away. */
const strangers = (seen: readonly string[], away: LineName): readonly string[] =>
  seen.filter((name) => name === away || !['dsl1', 'dsl2', 'cable'].includes(name));

const lineOf = (address: string): LineName => (uplinkOf(address) === 'dsl1' ? 'dsl1' : 'dsl2');
