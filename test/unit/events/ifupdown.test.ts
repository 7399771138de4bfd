import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIfupdown } from '../../../src/events/ifupdown.ts';

test('a static stanza names device, address and gateway', () => {
  const env = {
    IFACE: 'eth1',
    METHOD: 'static',
    ADDRFAM: 'inet',
    IF_ADDRESS: '192.0.2.2/24',
    IF_GATEWAY: '192.0.2.1',
  };
  const event = { source: 'ifupdown', device: 'eth1', address: '192.0.2.2', gateway: '192.0.2.1' };
  assert.deepEqual(parseIfupdown('up', env), { ...event, phase: 'up' });
  assert.deepEqual(parseIfupdown('down', env), { ...event, phase: 'down' });
});

test('a dhcp stanza names the device alone', () => {
  const event = { source: 'ifupdown', phase: 'up', device: 'eth1' };
  assert.deepEqual(parseIfupdown('up', { IFACE: 'eth1', METHOD: 'dhcp', ADDRFAM: 'inet' }), event);
});

test('the phase is that of the folder, whatever PHASE and MODE say', () => {
  assert.equal(parseIfupdown('down', { IFACE: 'eth1', PHASE: 'post-up', MODE: 'start' })?.phase, 'down');
});

test('start and end of ifup -a, lo and diallers are no events', () => {
  const none = [
    { IFACE: '--all' },
    { IFACE: 'lo' },
    { IFACE: 'dsl', METHOD: 'ppp' },
    { IFACE: 'x', METHOD: 'wvdial' },
  ];
  for (const env of [...none, {}]) assert.equal(parseIfupdown('up', env), undefined, JSON.stringify(env));
});

test('an alias or an inet6 stanza only says to look again, at the real device', () => {
  const touch = { source: 'ifupdown', phase: 'touch', device: 'eth1' };
  assert.deepEqual(parseIfupdown('down', { IFACE: 'eth1:1', ADDRFAM: 'inet' }), touch);
  assert.deepEqual(parseIfupdown('down', { IFACE: 'eth1', ADDRFAM: 'inet6' }), touch);
});

test('without a family, or with several, the inet stanza counts', () => {
  for (const ADDRFAM of [undefined, '', 'inet', 'inet,inet6', 'inet6,inet'])
    assert.equal(parseIfupdown('down', { IFACE: 'eth1', ADDRFAM })?.phase, 'down', ADDRFAM);
});

test('hostile values are left out', () => {
  for (const IFACE of ['..', '-x', '../x', 'a b', 'eth1\n', 'x'.repeat(16), ':1', '../x:1'])
    assert.equal(parseIfupdown('up', { IFACE }), undefined, JSON.stringify(IFACE));
  for (const text of ['192.0.2', '$(reboot)', '192.0.2.1\n', 'fe80::1', '/24', '']) {
    const event = { source: 'ifupdown', phase: 'up', device: 'eth1' };
    assert.deepEqual(parseIfupdown('up', { IFACE: 'eth1', IF_ADDRESS: text, IF_GATEWAY: text }), event, text);
  }
});
