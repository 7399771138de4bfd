import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '../../src/model.ts';
import { flows } from '../netns/balance/flows.ts';
import { bootLab, type Lab } from './lab/boot.ts';
import { connect, serve } from './lab/connections.ts';
import {
  buildNetwork,
  CONFIG,
  inNamespace,
  LINES,
  type LineName,
  NET,
  startServers,
  type UplinkName,
} from './lab/network.ts';
import { whyNoLab } from './lab/packages.ts';
import { configure, hooksRan, installProduct, mlb, NOTHING, readLog } from './lab/product.ts';
import { type FlowReport, type Range, startTraffic, type TrafficReport } from './lab/traffic.ts';
import { dial, hangup, ifup, type Session, waitUntil } from './lab/uplinks.ts';

// The monitor where no hook can help: servers that say nothing, bad lines, a dial that nobody told of.

/** No target is written: the peers and the gateway are asked. A short window shows sooner that a line is bad. */
const WATCHED = `[health]
window = 10

${CONFIG.replace('weight = 2\n', 'weight = 2\n\n[uplink.health]\nwindow = 30\n')}`;

const VERDICTS = '/run/mlb-hooks/verdicts.json';

/** Milliseconds: the defaults promise 3.5 s out and 10 s back; the rest is for an emulated machine. */
const OUT = 8000;
const BACK = { least: 9000, most: 16_000 };
/** What happens at once, and not after steady answers. */
const AT_ONCE = 8000;
const PATIENCE = 40_000;

/** Milliseconds between packets of a flow; an emulated machine carries no more beside the monitor. */
const EVERY = 100;

/** pppd's own question must not be what ends the silent line. */
const ASKS_NEVER = ['lcp-echo-interval', '0'];
/** It ends the line, after the monitor has found it dead. */
const ASKS_LATE = ['lcp-echo-interval', '4', 'lcp-echo-failure', '2'];
/** No hook runs. */
const TELLS_NOBODY = ['ip-up-script', '/bin/true', 'ip-down-script', '/bin/true'];

describe('the monitor over real PPPoE', { skip: await whyNoLab(), timeout: 400_000 }, () => {
  let lab: Lab;
  let dsl1: Session;
  let dsl2: Session;

  before(async () => {
    lab = await bootLab();
    await buildNetwork(lab);
    // One client and one server are one pair of hosts: without this they would share one line.
    await lab.run('sysctl -qw net.ipv4.fib_multipath_hash_policy=1');
    await configure(lab, WATCHED);
    await installProduct(lab);
    await lab.background('exec mlb-hooks monitor');
    [dsl1, dsl2] = await Promise.all([
      dial(lab, 'dsl1'),
      dial(lab, 'dsl2', ASKS_LATE),
      ifup(lab),
      serve(lab, 'isp'),
    ]);
    await hooksRan(lab, 'ip-up', dsl1.address, dsl2.address);
    await until(async () => (await verdicts()).filter(({ health }) => health === 'alive').length === 3);
  });
  after(() => lab?.stop());

  test('where no target is written, the peers and the gateway are asked', async () => {
    const asked = (await verdicts()).map(({ gateway, targets }) => [
      gateway,
      targets.map(({ target }) => target),
    ]);
    assert.deepEqual(
      asked,
      [NET.peer, NET.peer, NET.cable.gateway].map((gateway) => [gateway, ['gateway']]),
    );
  });

  test('a slow line and one that loses packets come behind the others, and are not dead', async (t) => {
    const began = performance.now();
    await netem('add', LINES.dsl2.isp, 'delay 800ms');
    // 30 percent, but never two in a row: five in a row would come by chance once in a hundred times.
    await netem('add', NET.cable.isp, 'loss gemodel 43% 100%');
    const [slow, lossy] = await Promise.all(['ppp1', 'eth2'].map((device) => msUntil(began, behind(device))));
    t.diagnostic(`the slow one behind the others after ${slow} ms, the lossy one after ${lossy} ms`);
    await told('dsl2', 'degraded');
    await told('cable', 'degraded');
    assert.match((await verdictOf(2))?.reason ?? '', /^round trip [5-8]\d\d ms$/);
    assert.match((await verdictOf(3))?.reason ?? '', /^loss \d\d %$/);
    assert.deepEqual(await newConnections(), ['dsl1']);
  });

  test('good again, they share again; a redial that no hook was told of is found meanwhile', async (t) => {
    const began = performance.now();
    await netem('delete', LINES.dsl2.isp);
    await netem('delete', NET.cable.isp);
    await hangup(lab, 'dsl1', { how: 'KILL' });
    assert.deepEqual(await newConnections(), ['cable', 'dsl2'], 'better than none');
    const before = (await readLog(lab)).length;
    dsl1 = await dial(lab, 'dsl1', [...TELLS_NOBODY, ...ASKS_NEVER]);
    const dialled = performance.now();
    const found = await msUntil(dialled, within('ppp0'));
    const again = await msUntil(began, ['ppp0', 'ppp1', 'eth2'].map(within).join(' && '));
    t.diagnostic(`found ${found} ms after the dial; all share again ${again} ms after all was good`);
    assert.ok(found < AT_ONCE);
    assert.deepEqual(await newConnections(), ['cable', 'dsl1', 'dsl2']);
    const runs = (await readLog(lab)).slice(before);
    assert.ok(runs.every(({ hook }) => hook === 'monitor'));
    assert.ok(
      runs.some(({ causes }) => /ip: \d+: ppp0/.test(`${causes}`)),
      'not by chance, when it looks at everything',
    );
    assert.equal(await mlb(lab, 'plan'), NOTHING);
  });

  test('a server that falls silent and does not hang up costs its connections seconds, and others nothing', async (t) => {
    const traffic = await startTraffic(lab, { flows: 12, intervalMs: EVERY });
    const silent = performance.now();
    await signalServer('dsl1', 'STOP');
    const out = await msUntil(silent, apart('ppp0'));
    await told('dsl1', 'dead');
    await lab.run('sleep 0.5');
    const stood = standstill(await traffic.stop(), dsl1.address, [dsl2.address, NET.cable.address]);
    assert.deepEqual(await newConnections(), ['cable', 'dsl2']);
    assert.equal((await lab.exec(['test', '-e', `/proc/${dsl1.pid}`])).code, 0, 'pppd has ended');
    t.diagnostic(`out of use after ${out} ms; its connections stood still for ${stood} ms`);
    assert.ok(out < OUT && stood < OUT);
  });

  test('it speaks again, and its line is back after steady answers; another dies, and pppd hangs up later', async (t) => {
    const spoke = performance.now();
    await signalServer('dsl1', 'CONT');
    const isBack = msUntil(spoke, within('ppp0'));
    // The first would say goodbye for a session whose pppd has ended.
    await lab.run(['pkill', '-KILL', '-f', `^pppoe-server -I ${LINES.dsl2.isp} `]);
    await signalServer('dsl2', 'KILL');
    const died = performance.now();
    const out = await msUntil(died, apart('ppp1'));
    const hungUp = await msUntil(died, `[ ! -e /proc/${dsl2.pid} ]`);
    await told('dsl2', 'dead', 'absent');
    const back = await isBack;
    t.diagnostic(`dsl1 back after ${back} ms; dsl2 out after ${out} ms, hung up after ${hungUp} ms`);
    assert.ok(out < OUT && back > BACK.least && back < BACK.most);
  });

  test('a redial is used at once: what was found is of another device', async (t) => {
    const before = await verdictOf(2);
    assert.equal(before?.health, 'dead');
    await startServers(lab, ['dsl2']);
    dsl2 = await dial(lab, 'dsl2');
    const dialled = performance.now();
    const back = await msUntil(dialled, within('ppp1'));
    t.diagnostic(`used ${back} ms after the dial`);
    assert.ok(back < AT_ONCE);
    await until(async () => (await verdictOf(2))?.health === 'alive');
    const now = await verdictOf(2);
    assert.notEqual(now?.index, before?.index);
    assert.equal(now?.gateway, NET.peer);
    await told('dsl2', 'absent', 'up');
  });

  /** Milliseconds from a moment on until a shell condition holds in the guest. */
  const msUntil = async (moment: number, condition: string): Promise<number> => {
    // Looking is work: without a rest it would keep the monitor from its own.
    await waitUntil(lab, `{ sleep 0.2; ${condition}; }`, PATIENCE);
    return since(moment);
  };

  /** Waits until the monitor has told last that an uplink turned to these states, one after another. */
  const told = (name: UplinkName, ...states: readonly string[]): Promise<void> =>
    until(async () => {
      const changes = (await readLog(lab)).filter((line) => line.uplink === name && 'previous' in line);
      const turned = changes.map(({ state }) => `${state}`).filter((state) => states.includes(state));
      return turned.slice(-states.length).join() === states.join();
    });

  const verdicts = async (): Promise<readonly Verdict[]> => {
    const { stdout } = await lab.exec(['cat', VERDICTS]);
    const found: { readonly verdicts: readonly Verdict[] } = JSON.parse(stdout || '{"verdicts":[]}');
    return found.verdicts.toSorted((a, b) => a.id - b.id);
  };

  const verdictOf = async (id: number): Promise<Verdict | undefined> =>
    (await verdicts()).find((verdict) => verdict.id === id);

  const until = async (isRight: () => Promise<boolean>): Promise<void> => {
    const start = performance.now();
    while (!(await isRight())) {
      if (since(start) > PATIENCE) throw new Error(JSON.stringify(await verdicts()));
      await sleep(200);
    }
  };

  /** To the provider's pppd of a line and the program that carries its packets. */
  const signalServer = (line: LineName, signal: string): Promise<string> =>
    lab.run(['pkill', `-${signal}`, '-f', `pppoe -n -I ${LINES[line].isp} `]);

  const netem = (what: 'add' | 'delete', device: string, how = ''): Promise<string> =>
    lab.run(inNamespace('isp', `tc qdisc ${what} dev ${device} root netem ${how}`));

  /** The uplinks that the server sees new connections come by, or why one failed. */
  const newConnections = async (): Promise<readonly string[]> =>
    [...new Set(await connect(lab, flows(40, { clients: 40 })))].sort();
});

const since = (moment: number): number => Math.round(performance.now() - moment);

/** Shell conditions: new connections are shared among this device and others, or come to it after them, or never. */
const within = (device: string): string => `${BALANCE} | grep -w 'metric 10' | grep -q 'dev ${device} '`;
const behind = (device: string): string => `! { ${within(device)}; } && ! { ${apart(device)}; }`;
const apart = (device: string): string => `! ${BALANCE} | grep -q 'dev ${device} '`;
const BALANCE = 'ip -o route show table 7700';

/**
 * For how many milliseconds the connections of the silent line stood still at most. All of them must go on by others, and
 * those of others must not have noticed. What was sent last may not have been read yet when the server was stopped.
 */
const standstill = (
  { flows: all, intervalMs, sent }: TrafficReport,
  silent: string,
  others: readonly string[],
): number => {
  const gaps = ({ lostUp }: FlowReport): readonly Range[] => lostUp.filter(([, last]) => last < sent - 1);
  const isOwn = ({ carriers }: FlowReport): boolean => carriers[0]?.source === silent;
  const own = all.filter(isOwn);
  const rest = all.filter((flow) => !isOwn(flow));
  const moved = own.filter(({ carriers }) => others.includes(carriers.at(-1)?.source ?? ''));
  const calm = rest.filter((flow) => flow.carriers.length === 1 && gaps(flow).length === 0);
  assert.ok(own.length > 0 && rest.length > 0);
  assert.deepEqual([moved, calm], [own, rest]);
  return Math.max(...own.flatMap(gaps).map(([first, last]) => last - first + 1)) * intervalMs;
};
