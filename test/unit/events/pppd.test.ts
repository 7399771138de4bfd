import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePppd } from '../../../src/events/pppd.ts';

const ARGV = ['ppp0', 'eth1', '0', '10.64.0.10', '10.64.0.1', ''];

test('ip-up names device, address and pppd', () => {
  assert.deepEqual(parsePppd('up', ARGV, { PPPD_PID: '500', IFNAME: 'ppp0', IPLOCAL: '10.64.0.10' }), {
    source: 'pppd',
    phase: 'up',
    device: 'ppp0',
    address: '10.64.0.10',
    pppd: 500,
  });
});

test('ip-down brings the counters of the session, ip-up does not', () => {
  const env = { CONNECT_TIME: '60', BYTES_SENT: '1234', BYTES_RCVD: '5678' };
  const session = { seconds: 60, sent: 1234, received: 5678 };
  assert.deepEqual(parsePppd('down', ARGV, env)?.session, session);
  assert.equal(parsePppd('up', ARGV, env)?.session, undefined);
  for (const key of Object.keys(env))
    assert.equal(parsePppd('down', ARGV, { ...env, [key]: undefined })?.session, undefined, key);
  assert.equal(parsePppd('down', ARGV, { ...env, BYTES_SENT: '-1' })?.session, undefined);
});

test('in a deferred ip-down the environment knows the address that ended', () => {
  const argv = ['ppp0', 'eth1', '0', '10.64.0.77', '0.0.0.0'];
  assert.equal(parsePppd('down', argv, { IPLOCAL: '10.64.0.10' })?.address, '10.64.0.10');
});

test('an address that is none is left out', () => {
  const address = (local: string, iplocal?: string): string | undefined =>
    parsePppd('up', ['ppp0', '', '', local], { IPLOCAL: iplocal })?.address;
  assert.equal(address('10.64.0.10'), '10.64.0.10');
  assert.equal(address('10.64.0.10', 'garbage'), '10.64.0.10');
  for (const local of ['0.0.0.0', '', '10.64.0', '10.64.0.10; reboot', '::1', '010.0.0.1'])
    assert.equal(address(local), undefined, local);
});

test('the device comes from the arguments alone', () => {
  const env = { IFNAME: 'ppp9', LINKNAME: 'ppp9', PEERNAME: 'ppp9' };
  assert.equal(parsePppd('down', ARGV, env)?.device, 'ppp0');
  assert.equal(parsePppd('down', [], env), undefined);
});

test('what can be no device is no event', () => {
  const names = [
    '',
    '.',
    '..',
    '-x',
    '../../x',
    'a/b',
    'a b',
    'ppp0\n',
    '\u0000',
    'é',
    'x'.repeat(16),
    'x'.repeat(300),
  ];
  for (const name of names)
    assert.equal(parsePppd('up', [name, '', '', '10.64.0.10'], {}), undefined, JSON.stringify(name));
  for (const name of ['x'.repeat(15), 'eth0.100', 'ppp-a_b', 'a@b'])
    assert.equal(parsePppd('up', [name], {})?.device, name);
});

test('a process id that is no number is left out', () => {
  for (const pid of ['', '-1', '1e3', '0x10', '12a', ' 12', '9'.repeat(16), undefined])
    assert.equal(parsePppd('up', ARGV, { PPPD_PID: pid })?.pppd, undefined, pid);
  assert.equal(parsePppd('up', ARGV, { PPPD_PID: '0500' })?.pppd, 500);
});
