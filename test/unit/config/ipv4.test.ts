import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contains, networkOf, parseIpv4 } from '../../../src/ipv4.ts';

test('an address is its 32-bit number, unsigned', () => {
  assert.equal(parseIpv4('0.0.0.0'), 0);
  assert.equal(parseIpv4('192.0.2.1'), 0xc0000201);
  assert.equal(parseIpv4('255.255.255.255'), 0xffffffff);
});

test('anything but a strict dotted quad is no address', () => {
  const bad = [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4\n',
    '1.2.3.4/8',
    '0x1.2.3.4',
    '::1',
  ];
  for (const text of bad) assert.equal(parseIpv4(text), undefined, JSON.stringify(text));
});

test('a prefix contains what shares its leading bits', () => {
  assert.equal(contains('10.0.0.0/8', '10.255.0.1'), true);
  assert.equal(contains('10.0.0.0/8', '11.0.0.0'), false);
  assert.equal(contains('192.0.2.128/25', '192.0.2.127'), false);
  assert.equal(contains('128.0.0.0/1', '203.0.113.1'), true);
  assert.equal(contains('192.0.2.1', '192.0.2.1'), true);
  assert.equal(contains('192.0.2.1', '192.0.2.2'), false);
  assert.equal(contains('default', '192.0.2.2'), true);
  assert.equal(contains('0.0.0.0/0', '192.0.2.2'), true);
});

test('what is not IPv4 contains nothing and is contained nowhere', () => {
  for (const cidr of ['2001:db8::/32', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1'])
    assert.equal(contains(cidr, '10.0.0.1'), false, cidr);
  assert.equal(contains('0.0.0.0/0', 'fe80::1'), false);
});

test('a network is written as ip-route writes it', () => {
  assert.equal(networkOf('10.1.2.3', 8), '10.0.0.0/8');
  assert.equal(networkOf('192.0.2.200', 25), '192.0.2.128/25');
  assert.equal(networkOf('255.255.255.255', 1), '128.0.0.0/1');
  assert.equal(networkOf('192.0.2.1', 32), '192.0.2.1');
  assert.equal(networkOf('192.0.2.1', 0), 'default');
});

test('a network of nonsense is a bug of the caller', () => {
  assert.throws(() => networkOf('fe80::1', 64), RangeError);
  assert.throws(() => networkOf('10.0.0.1', 33), RangeError);
  assert.throws(() => networkOf('10.0.0.1', 1.5), RangeError);
});
