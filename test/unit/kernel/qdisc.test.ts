import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  canBecome,
  parseQdiscs,
  qdiscKey,
  qdiscsEqual,
  renderQdisc,
  renderQdiscPlace,
} from '../../../src/kernel/qdisc.ts';
import type { Qdisc } from '../../../src/model.ts';

const qdisc = (kind: string, options: Qdisc['options'] = {}, at: Partial<Qdisc> = {}): Qdisc => ({
  device: 'ppp0',
  parent: 'root',
  handle: '77:',
  kind,
  options,
  ...at,
});

test('a qdisc is written with its place, handle and options', () => {
  const table: readonly (readonly [qdisc: Qdisc, text: string])[] = [
    [qdisc('prio', { bands: 3 }), 'dev ppp0 root handle 77: prio bands 3'],
    [
      qdisc('sfq', { perturb: 10 }, { parent: '77:1', handle: '771:' }),
      'dev ppp0 parent 77:1 handle 771: sfq perturb 10',
    ],
    [
      qdisc('tbf', { rate: 112_500, burst: 3020, latency: 50 }),
      'dev ppp0 root handle 77: tbf rate 900000bit burst 3020 latency 50ms',
    ],
    [qdisc('cake', { bandwidth: 112_500 }), 'dev ppp0 root handle 77: cake bandwidth 900000bit'],
    [qdisc('cake', { bandwidth: 0 }), 'dev ppp0 root handle 77: cake unlimited'],
    [qdisc('fq_codel'), 'dev ppp0 root handle 77: fq_codel'],
  ];
  for (const [value, text] of table) assert.equal(renderQdisc(value), text);
});

test('a delete names the place and the handle', () => {
  assert.equal(renderQdiscPlace(qdisc('prio')), 'dev ppp0 root handle 77:');
  assert.equal(
    renderQdiscPlace(qdisc('sfq', {}, { parent: '77:1', handle: '771:' })),
    'dev ppp0 parent 77:1 handle 771:',
  );
});

test('only the options that come back unchanged are read', () => {
  const options = (kind: string, found: object): Qdisc['options'] | undefined =>
    parseQdiscs([{ kind, handle: '77:', dev: 'ppp0', root: true, options: found }])[0]?.options;
  assert.deepEqual(options('tbf', { rate: 112_500, burst: 2999, lat: 50_000 }), { rate: 112_500 });
  assert.deepEqual(options('prio', { bands: 3, priomap: [1, 2] }), { bands: 3 });
  assert.deepEqual(options('sfq', { limit: 127 }), { perturb: 0 });
  assert.deepEqual(options('cake', { bandwidth: 'unlimited' }), { bandwidth: 0 });
  assert.deepEqual(options('htb', { default: '0x10' }), {});
});

test('what has no kind, handle, device or place is no qdisc', () => {
  const whole = { kind: 'prio', handle: '77:', dev: 'ppp0', root: true };
  assert.equal(parseQdiscs([whole]).length, 1);
  for (const key of Object.keys(whole))
    assert.deepEqual(
      parseQdiscs([Object.fromEntries(Object.entries(whole).filter(([name]) => name !== key))]),
      [],
      key,
    );
});

test('qdiscs are equal by kind, handle and the options that can be compared', () => {
  const tbf = qdisc('tbf', { rate: 1000, burst: 3000 });
  assert.ok(qdiscsEqual(tbf, qdisc('tbf', { rate: 1000 })));
  assert.ok(!qdiscsEqual(tbf, qdisc('tbf', { rate: 2000 })));
  assert.ok(!qdiscsEqual(tbf, qdisc('tbf', { rate: 1000 }, { handle: '78:' })));
  assert.ok(!qdiscsEqual(qdisc('fq_codel'), qdisc('prio')));
});

test('sfq takes no new options in place, the others do', () => {
  assert.ok(canBecome(qdisc('tbf', { rate: 1 }), qdisc('tbf', { rate: 2 })));
  assert.ok(canBecome(qdisc('sfq', { perturb: 1 }), qdisc('sfq', { perturb: 1 })));
  assert.ok(!canBecome(qdisc('sfq', { perturb: 1 }), qdisc('sfq', { perturb: 2 })));
  assert.ok(!canBecome(qdisc('tbf', { rate: 1 }), qdisc('tbf', { rate: 1 }, { handle: '78:' })));
  assert.ok(!canBecome(qdisc('fq_codel'), qdisc('pfifo')));
});

test('one place holds one qdisc', () => {
  assert.equal(qdiscKey(qdisc('prio')), qdiscKey(qdisc('cake', {}, { handle: '1:' })));
  assert.notEqual(qdiscKey(qdisc('prio')), qdiscKey(qdisc('prio', {}, { parent: '77:1' })));
  assert.notEqual(qdiscKey(qdisc('prio')), qdiscKey(qdisc('prio', {}, { device: 'ppp1' })));
});
