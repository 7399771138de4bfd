import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRules, renderRule, ruleKey } from '../../../src/kernel/rule.ts';
import type { Rule } from '../../../src/model.ts';

/** The rule of one entry of what `ip` answered. */
const parse = (json: object): Rule => {
  const [rule] = parseRules([json], 4);
  assert.ok(rule !== undefined);
  return rule;
};

/** What `ip -j -d -N rule show` prints, and the arguments that would add that rule. */
const RENDERED: readonly (readonly [json: object, text: string])[] = [
  [{ priority: 0, src: 'all', table: '255', protocol: '2' }, 'priority 0 from all lookup 255 protocol 2'],
  [
    { priority: 19901, src: '10.64.0.10', dst: '10.64.0.1', table: '7701', protocol: '77' },
    'priority 19901 from 10.64.0.10 to 10.64.0.1 lookup 7701 protocol 77',
  ],
  [
    { priority: 9, src: '10.0.0.0', srclen: 8, dst: '192.0.2.0', dstlen: 24, table: '9', protocol: '77' },
    'priority 9 from 10.0.0.0/8 to 192.0.2.0/24 lookup 9 protocol 77',
  ],
  [
    { priority: 20000, src: 'all', table: '254', suppress_prefixlen: 0, protocol: '77' },
    'priority 20000 from all lookup 254 suppress_prefixlength 0 protocol 77',
  ],
  [
    { priority: 20101, src: 'all', oif: 'ppp0', oif_detached: null, table: '7701', protocol: '77' },
    'priority 20101 from all oif ppp0 lookup 7701 protocol 77',
  ],
  [
    {
      priority: 19801,
      src: 'all',
      dst: '10.64.0.1',
      fwmark: '0x1000000',
      fwmask: '0x3f000000',
      table: '7701',
      protocol: '77',
    },
    'priority 19801 from all to 10.64.0.1 fwmark 0x1000000/0x3f000000 lookup 7701 protocol 77',
  ],
  [
    { priority: 9, src: 'all', fwmark: '0x5', oif: 'ppp0', table: '9', protocol: '77' },
    'priority 9 from all fwmark 0x5/0xffffffff oif ppp0 lookup 9 protocol 77',
  ],
  [
    {
      priority: 20290,
      src: 'all',
      fwmark: '0x40000000',
      fwmask: '0x40000000',
      action: '7',
      protocol: '77',
    },
    'priority 20290 from all fwmark 0x40000000/0x40000000 unreachable protocol 77',
  ],
];

test('a rule is read and written again', () => {
  for (const [json, text] of RENDERED) {
    assert.equal(renderRule(parse(json)), text);
    assert.equal(parse(json).foreign, false, text);
  }
});

test('a rule with a selector that we never write is somebody elses', () => {
  const selectors: readonly object[] = [
    { iif: 'lan' },
    { not: null },
    { uid_start: 0 },
    { ipproto: '6' },
    { sport: 25 },
    { tun_id: '5' },
    { suppress_ifgroup: '3' },
    { l3mdev: null },
    { goto: 99 },
    { tos: '0x10' },
  ];
  for (const selector of selectors) {
    const rule = parse({ priority: 20900, src: 'all', table: '7700', protocol: '77', ...selector });
    assert.ok(rule.foreign, JSON.stringify(selector));
    assert.equal(ruleKey(rule), '4 priority 20900 from all lookup 7700 protocol 77 foreign');
  }
});

test('a mark or a mask of 0, which a delete cannot name, is somebody elses', () => {
  for (const selector of [
    { fwmark: '0', fwmask: '0xff' },
    { fwmark: '0x5', fwmask: '0' },
  ])
    assert.ok(parse({ priority: 20900, src: 'all', table: '7700', protocol: '77', ...selector }).foreign);
});

test('a rule that leads to no table has table 0, and of these only unreachable ones can be ours', () => {
  for (const [action, foreign] of [
    ['6', true],
    ['7', false],
    ['8', true],
  ] as const) {
    const rule = parse({ priority: 7, src: 'all', action, protocol: '77' });
    assert.deepEqual([rule.table, rule.foreign], [0, foreign], action);
  }
});

test('rules that differ in their mark, their mask or their action alone are different rules', () => {
  const rule = { priority: 7, src: 'all', fwmark: '0x1', fwmask: '0xf', action: '7', protocol: '77' };
  const { action: _action, ...lookup } = rule;
  const others = [rule, { ...rule, fwmark: '0x2' }, { ...rule, fwmask: '0xff' }, lookup];
  assert.equal(new Set(others.map((other) => ruleKey(parse(other)))).size, others.length);
});
