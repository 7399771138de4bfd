import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingDomains, nftsetLines } from '../../../src/config/dnsmasq.ts';
import { samplePolicy } from '../../helpers/samples.ts';

const policy = (name: string, ...toDomains: string[]) => samplePolicy({ name, toDomains });

test('every policy with domains has a line with all of them', () => {
  assert.deepEqual(
    nftsetLines([policy('bank', 'gov.br', 'edu.br'), policy('none'), policy('tv', 'example.org')]),
    [
      'nftset=/gov.br/edu.br/4#inet#mlb_hooks#domains_bank',
      'nftset=/example.org/4#inet#mlb_hooks#domains_tv',
    ],
  );
  assert.deepEqual(nftsetLines([policy('none')]), []);
});

test('a domain inside another one fills the sets of both, because dnsmasq looks at the longest only', () => {
  assert.deepEqual(
    nftsetLines([policy('a', 'gov.br', 'x.gov.br'), policy('b', 'x.gov.br', 'y.x.gov.br', 'notgov.br')]),
    [
      'nftset=/gov.br/4#inet#mlb_hooks#domains_a',
      'nftset=/x.gov.br/y.x.gov.br/4#inet#mlb_hooks#domains_a,4#inet#mlb_hooks#domains_b',
      'nftset=/notgov.br/4#inet#mlb_hooks#domains_b',
    ],
  );
});

test('no line is longer than dnsmasq reads, and no domain is lost', () => {
  const domains = Array.from({ length: 100 }, (_, n) => `domain-number-${n}.example.org`);
  const lines = nftsetLines([policy('many', ...domains)]);
  assert.equal(lines.length, 4);
  for (const line of lines) assert.ok(line.length <= 1000, `${line.length}`);
  assert.deepEqual(
    lines.flatMap((line) => line.slice('nftset=/'.length, line.lastIndexOf('/')).split('/')),
    domains,
  );
});

test('dnsmasq is told of a domain in any spelling and order, also among others', () => {
  const policies = [policy('bank', 'gov.br', 'edu.br')];
  const missing = (text: string) => missingDomains(policy('bank', 'gov.br', 'edu.br'), policies, text);
  const set = '4#inet#mlb_hooks#domains_bank';
  assert.deepEqual(missing(''), ['gov.br', 'edu.br']);
  assert.deepEqual(missing(`# nftset=/gov.br/edu.br/${set}`), ['gov.br', 'edu.br']);
  assert.deepEqual(missing('nftset=/gov.br/4#inet#mlb_hooks#domains_other\n'), ['gov.br', 'edu.br']);
  assert.deepEqual(missing(`nftset=/EDU.br/x.org/6#inet#a#b,${set}\n`), ['gov.br']);
  assert.deepEqual(missing(`x\n nftset = /edu.br/${set} \nnftset=/gov.br/${set}\r\n`), []);
});

test('a policy misses what a longer domain of another policy hides from it', () => {
  const [outer, inner] = [policy('a', 'gov.br'), policy('b', 'x.gov.br')];
  const text = [...nftsetLines([outer]), ...nftsetLines([inner])].join('\n');
  assert.deepEqual(missingDomains(outer, [outer, inner], text), ['x.gov.br']);
  assert.deepEqual(missingDomains(inner, [outer, inner], text), []);
  assert.deepEqual(missingDomains(outer, [outer, inner], nftsetLines([outer, inner]).join('\n')), []);
});
