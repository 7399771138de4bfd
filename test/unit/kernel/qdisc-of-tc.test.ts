import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/load.ts';
import { computeQdiscs } from '../../../src/desired/qdiscs.ts';
import { parseQdiscs } from '../../../src/kernel/qdisc.ts';
import type { Plan, UplinkState } from '../../../src/model.ts';
import { planQdiscs } from '../../../src/plan/qdiscs.ts';
import { NO_MEMORY } from '../../helpers/samples.ts';

// What `tc -j qdisc show` of iproute2 6.1 printed on Debian's kernel 6.1, of the device ppp0, mtu 1492.

const planOn = async (fixture: string, ...lines: readonly string[]): Promise<Plan> => {
  const json: unknown = JSON.parse(
    readFileSync(new URL(`../../fixtures/tc-6.1/${fixture}.json`, import.meta.url), 'utf8'),
  );
  assert.ok(Array.isArray(json));
  const [uplinkLines, settings] = [lines.filter(isOfUplink), lines.filter((line) => !isOfUplink(line))];
  const text = ['[settings]', ...settings, '[[uplink]]', 'id = 1', 'name = "dsl1"', 'device = "ppp0"'];
  const config = await parseConfig([...text, ...uplinkLines].join('\n'));
  const states = config.uplinks.map(
    (uplink): UplinkState => ({
      uplink,
      status: 'up',
      reason: '',
      link: LINK,
      addresses: [],
      use: 'working',
    }),
  );
  return planQdiscs(config, computeQdiscs(config, states, NO_MEMORY), parseQdiscs(json));
};

const isOfUplink = (line: string): boolean => /^(qdisc|upload) /.test(line);

const LINK = { index: 9, device: 'ppp0', up: true, carrier: true, noArp: true, mtu: 1492, addresses: [] };

const RIGHT: readonly (readonly [fixture: string, ...lines: string[]])[] = [
  ['prio-sfq'],
  ['prio-sfq-perturb-0', 'sfq-perturb = 0'],
  ['prio-sfq-upload', 'upload = "900kbit"'],
  ['fq_codel', 'qdisc = "fq_codel"'],
  ['ingress', 'qdisc = "fq_codel"'],
  ['fq_codel-upload', 'qdisc = "fq_codel"', 'upload = "900kbit"'],
  ['cake', 'qdisc = "cake"'],
  ['cake-upload', 'qdisc = "cake"', 'upload = "900kbit"'],
  ['untouched', 'qdisc = "none"'],
  ['foreign', 'qdisc = "none"'],
];

for (const [fixture, ...lines] of RIGHT)
  test(`${fixture}: what tc prints of the tree that we built needs no change`, async () => {
    assert.deepEqual(await planOn(fixture, ...lines), { changes: [], conflicts: [] });
  });

const WRONG: readonly (readonly [fixture: string, ops: string, ...lines: string[]])[] = [
  ['untouched', 'replace prio, replace sfq, replace sfq, replace sfq'],
  ['prio-without-sfq', 'delete prio, replace prio, replace sfq, replace sfq, replace sfq'],
  ['prio-sfq-perturb-0', 'delete prio, replace prio, replace sfq, replace sfq, replace sfq'],
  ['prio-sfq-upload', 'replace tbf', 'upload = "2mbit"'],
  ['cake-upload', 'replace cake', 'qdisc = "cake"'],
  ['cake', 'delete cake', 'qdisc = "none"'],
];

for (const [fixture, ops, ...lines] of WRONG)
  test(`${fixture}, where ${lines.join(', ') || 'the default'} is wanted: ${ops}`, async () => {
    const { changes } = await planOn(fixture, ...lines);
    const done = changes.map((change) => `${change.op} ${change.kind === 'qdisc' ? change.qdisc.kind : ''}`);
    assert.equal(done.join(', '), ops);
  });

test("somebody else's root of real tc is a conflict", async () => {
  const { changes, conflicts } = await planOn('foreign');
  assert.deepEqual(changes, []);
  assert.equal(conflicts[0]?.object, 'qdisc dev ppp0 root handle 1: htb');
});
