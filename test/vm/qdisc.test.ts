import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bootLab, type Lab } from './lab/boot.ts';
import { buildNetwork, NET } from './lab/network.ts';
import { whyNoLab } from './lab/packages.ts';
import {
  configure,
  defaultsOf,
  hooksRan,
  installProduct,
  mlb,
  NOTHING,
  PRIO_SFQ,
  qdiscsOf,
  readLog,
} from './lab/product.ts';
import { addressOf, dial, hangup, ifup, waitUntil } from './lab/uplinks.ts';

// Real schedulers, which the machine that runs the other tests may not have, on the ethernet uplink.

const configWith = (...lines: readonly string[]): string => `[[uplink]]
id = 3
name = "cable"
device = "eth2"
${lines.join('\n')}

[[uplink]]
id = 1
name = "dsl1"
device = "ppp0"
`;

type Mode = {
  readonly name: string;
  readonly lines: readonly string[];
  readonly settings?: string;
  readonly tree: readonly string[];
  readonly shows: RegExp;
};

const MODES: readonly Mode[] = [
  { name: 'prio-sfq', lines: [], tree: PRIO_SFQ, shows: /perturb 10sec/ },
  {
    name: 'prio-sfq that never changes its hash',
    settings: '[settings]\nsfq-perturb = 0\n',
    lines: [],
    tree: PRIO_SFQ,
    shows: /divisor 1024 $/m,
  },
  {
    name: 'prio-sfq under a rate limit',
    lines: ['upload = "900kbit"'],
    tree: ['77:1 prio 78:', '78:1 sfq 771:', '78:2 sfq 772:', '78:3 sfq 773:', 'root tbf 77:'],
    shows: /rate 900Kbit/,
  },
  {
    name: 'fq_codel under a rate limit',
    lines: ['qdisc = "fq_codel"', 'upload = "2mbit"'],
    tree: ['77:1 fq_codel 78:', 'root tbf 77:'],
    shows: /rate 2Mbit/,
  },
  { name: 'fq_codel', lines: ['qdisc = "fq_codel"'], tree: ['root fq_codel 77:'], shows: /fq_codel/ },
  {
    name: 'cake with a bandwidth',
    lines: ['qdisc = "cake"', 'upload = "900kbit"'],
    tree: ['root cake 77:'],
    shows: /bandwidth 900Kbit/,
  },
  {
    name: 'cake without one',
    lines: ['qdisc = "cake"'],
    tree: ['root cake 77:'],
    shows: /bandwidth unlimited/,
  },
  { name: 'none', lines: ['qdisc = "none"'], tree: ['root noqueue 0:'], shows: /noqueue/ },
];

const TC_STATS = 'tc -s qdisc show dev eth2 root | grep backlog';
const BLAST = `const socket = require('dgram').createSocket('udp4');
for (let sent = 0; sent < 100; sent++) socket.send(Buffer.alloc(1400), 9, '${NET.cable.gateway}');`;
const MODULE = '/usr/lib/modules/$(uname -r)/kernel/net/sched/sch_sfq.ko';

describe('qdiscs in a kernel that has them', { skip: await whyNoLab(), timeout: 400_000 }, () => {
  let lab: Lab;

  before(async () => {
    lab = await bootLab();
    await buildNetwork(lab);
    await configure(lab, configWith());
    await installProduct(lab);
    await ifup(lab);
  });
  after(() => lab?.stop());

  // Each mode is reached from the one before: a change of the configuration is a change of the tree.
  for (const { name, lines, settings = '', tree, shows } of MODES)
    test(`${name}: apply builds it, and then has nothing left to do`, async () => {
      await configure(lab, `${settings}${configWith(...lines)}`);
      await mlb(lab, 'apply');
      assert.deepEqual(await qdiscsOf(lab, 'eth2'), tree);
      assert.match(await tc('show dev eth2'), shows);
      assert.equal(await mlb(lab, 'plan'), NOTHING);
    });

  test('under a rate limit a flow that fills the queue delays neither urgent packets nor another flow', async () => {
    await apply('upload = "200kbit"');
    // 100 packets at once are 1.15 Mbit, hence nearly 6 s.
    const bulk = await lab.background([process.execPath, '-e', `${BLAST} setTimeout(process.exit, 10_000)`]);
    await waitUntil(lab, `${TC_STATS} | grep -q ' [4-9][0-9]p'`);
    const [urgent, ordinary, rate] = await Promise.all([roundTrip('-Q 0x10'), roundTrip(''), measureRate()]);
    await bulk.kill();
    // 40 packets would take 2.3 s.
    assert.ok(urgent < 1000 && ordinary < 1000, `urgent ${urgent} ms, ordinary ${ordinary} ms`);
    assert.ok(rate > 120 && rate < 280, `${rate} kbit/s`);
  });

  test("somebody else's qdisc is reported and left, and taken over with qdisc-replace", async () => {
    await apply('qdisc = "none"');
    await tc('replace dev eth2 root handle 1: pfifo');
    await apply();
    assert.deepEqual(await qdiscsOf(lab, 'eth2'), ['root pfifo 1:']);
    const warning = (await readLog(lab)).findLast(({ level }) => level === 'warn')?.msg;
    assert.match(`${warning}`, /^not ours: qdisc dev eth2 root handle 1: pfifo: somebody else put it there/);
    await apply('qdisc-replace = true');
    assert.deepEqual(await qdiscsOf(lab, 'eth2'), PRIO_SFQ);
  });

  test("a device that was made anew gets its qdisc again; somebody else's ingress qdisc survives an event", async () => {
    const first = await dial(lab, 'dsl1');
    await hooksRan(lab, 'ip-up', first.address);
    await tc('add dev eth2 ingress');
    await hangup(lab, 'dsl1');
    const second = await dial(lab, 'dsl1');
    await hooksRan(lab, 'ip-up', second.address);
    assert.deepEqual(await qdiscsOf(lab, 'ppp0'), PRIO_SFQ);
    assert.deepEqual(await qdiscsOf(lab, 'eth2'), [...PRIO_SFQ, 'ffff:fff1 ingress ffff:'].sort());
    await tc('delete dev eth2 ingress');
  });

  test('flush takes our tree away', async () => {
    await mlb(lab, 'flush');
    assert.deepEqual(await qdiscsOf(lab, 'eth2'), ['root noqueue 0:']);
  });

  test('a kernel without sfq: said once, by the name of the module, and the line is routed', async () => {
    const { address: old = '' } = await addressOf(lab, 'ppp0');
    await hangup(lab, 'dsl1');
    await hooksRan(lab, 'ip-down', old);
    await lab.run(
      `tc qdisc delete dev eth2 root && rmmod sch_sfq && mv ${MODULE} ${MODULE}.away && depmod -a`,
    );
    const { address } = await dial(lab, 'dsl1');
    await hooksRan(lab, 'ip-up', address);
    assert.deepEqual(await defaultsOf(lab, 7701), ['default dev ppp0 metric 1']);
    await lab.run(`env -i IPLOCAL=${address} /etc/ppp/ip-up ppp0 w0 0 ${address} ${NET.peer}`);
    const said = (await readLog(lab)).map(({ msg }) => msg).filter((msg) => msg.includes('sch_sfq'));
    assert.deepEqual(said, [
      'qdisc sfq: this kernel does not have it; load or build the module sch_sfq, then run "mlb-hooks apply"',
    ]);
    assert.deepEqual(
      (await qdiscsOf(lab, 'ppp0')).filter((line) => line.includes('77:')),
      [],
    );
  });

  test('when the module is there again, apply builds the tree', async () => {
    await lab.run(`mv ${MODULE}.away ${MODULE} && depmod -a`);
    await mlb(lab, 'apply');
    assert.deepEqual(await qdiscsOf(lab, 'ppp0'), PRIO_SFQ);
    assert.deepEqual(await qdiscsOf(lab, 'eth2'), PRIO_SFQ);
  });

  const apply = async (...lines: readonly string[]): Promise<void> => {
    await configure(lab, configWith(...lines));
    await mlb(lab, 'apply');
  };

  const roundTrip = async (options: string): Promise<number> =>
    Number(/time=([\d.]+)/.exec(await lab.run(`ping -c 1 ${options} ${NET.cable.gateway}`))?.[1]);

  /** Kilobits a second that leave by eth2, over one second. */
  const measureRate = async (): Promise<number> => {
    const sample = `date +%s%N; tc -s qdisc show dev eth2 root | sed -n 's/^ Sent \\([0-9]*\\) .*/\\1/p' | head -1`;
    const [from = 0, sentBefore = 0, to = 0, sentAfter = 0] = (await lab.run(`${sample}; sleep 1; ${sample}`))
      .split('\n')
      .map(Number);
    return ((sentAfter - sentBefore) * 8e6) / (to - from);
  };

  const tc = (line: string): Promise<string> => lab.run(`tc qdisc ${line}`);
});
