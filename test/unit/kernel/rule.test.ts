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
];

test('a rule is read and written again', () => {
  for (const [json, text] of RENDERED) {
    assert.equal(renderRule(parse(json)), text);
    assert.equal(parse(json).foreign, false, text);
  }
});

test('a rule with a selector that we never write is somebody elses', () => {
  const selectors: readonly object[] = [
    { fwmark: '0x5' },
    { iif: 'lan' },
    { not: null },
    { uid_start: 0 },
    { ipproto: 'tcp' },
    { goto: 99 },
    { tos: '0x10' },
  ];
  for (const selector of selectors) {
    const rule = parse({ priority: 20900, src: 'all', table: '7700', protocol: '77', ...selector });
    assert.ok(rule.foreign, JSON.stringify(selector));
    assert.equal(ruleKey(rule), '4 priority 20900 from all lookup 7700 protocol 77 foreign');
  }
});

test('a rule that leads to no table has table 0', () => {
  assert.equal(parse({ priority: 7, src: 'all', action: 'unreachable' }).table, 0);
});
