import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDhclientLease, parseNetworkdLease } from '../../../src/kernel/lease.ts';

const lease = (...options: readonly string[]): string =>
  `lease {\n  interface "eth1";\n${options.map((option) => `  ${option};\n`).join('')}  renew 4 2026/01/01;\n}\n`;
const MINE = 'fixed-address 192.0.2.2';

test('a dhclient file tells the address and the first router of its last lease', () => {
  const router = (address: string): string => lease(MINE, `option routers ${address}`);
  const table: readonly (readonly [text: string, router: string | undefined])[] = [
    [router('192.0.2.1'), '192.0.2.1'],
    [router('192.0.2.9') + router('192.0.2.1'), '192.0.2.1'],
    [router('192.0.2.1, 192.0.2.2'), '192.0.2.1'],
    [router('192.0.2.1') + lease(MINE, 'option domain-name "x"'), undefined],
    [lease(MINE, 'option domain-name "option routers 192.0.2.1"'), undefined],
    [lease('option routers 192.0.2.1'), undefined],
    [router('0.0.0.0'), undefined],
    [router('192.0.2.300'), undefined],
    [router('$(reboot)'), undefined],
    ['', undefined],
  ];
  for (const [text, expected] of table) assert.equal(parseDhclientLease(text)?.router, expected, text);
  assert.equal(parseDhclientLease(router('192.0.2.1'))?.address, '192.0.2.2');
});

test('a networkd lease tells its address and its first router', () => {
  const table: readonly (readonly [text: string, router: string | undefined])[] = [
    ['# comment\nADDRESS=192.0.2.2\nROUTER=192.0.2.1\n', '192.0.2.1'],
    ['ADDRESS=192.0.2.2\nROUTER=192.0.2.1 192.0.2.9\n', '192.0.2.1'],
    ['ADDRESS=192.0.2.2\nNEXT_ROUTER=192.0.2.1\n', undefined],
    ['ROUTER=192.0.2.1\n', undefined],
    ['ADDRESS=192.0.2.2\nROUTER=evil\n', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of table) assert.equal(parseNetworkdLease(text)?.router, expected, text);
  assert.equal(parseNetworkdLease('ADDRESS=192.0.2.2\nROUTER=192.0.2.1\n')?.address, '192.0.2.2');
});
