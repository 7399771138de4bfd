import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceProblem, gatewayProblem, nameProblem, policyNameProblem } from '../../../src/config/names.ts';
import { parseRate } from '../../../src/config/rate.ts';

test('a rate in bit units is bits per second', () => {
  assert.equal(parseRate('9600bit'), 9600);
  assert.equal(parseRate('900kbit'), 900_000);
  assert.equal(parseRate('2mbit'), 2_000_000);
  assert.equal(parseRate('1.5Mbit'), 1_500_000);
  assert.equal(parseRate('1gbit'), 1_000_000_000);
});

test('a rate that tc would read as bytes is refused for that reason', () => {
  assert.equal(parseRate('900'), 'has no unit, which tc reads as bytes');
  assert.equal(parseRate('900k'), '"k" means bytes to tc');
  assert.equal(parseRate('900kbps'), '"kbps" means bytes to tc');
  assert.equal(parseRate('2mbps'), '"mbps" means bytes to tc');
});

test('a rate that is none, or that no line has, is refused', () => {
  for (const text of ['', 'fast', 'kbit', '-1kbit', '1e3kbit', '1 kbit', '1kibit', 'constructor', '1,5mbit'])
    assert.equal(parseRate(text), 'must be a number and bit, kbit, mbit or gbit', text);
  for (const text of ['0kbit', '7999bit', '1001gbit'])
    assert.equal(parseRate(text), 'must be between 8kbit and 1000gbit', text);
});

test('names are short, lower case and not reserved', () => {
  for (const name of ['a', 'dsl1', 'cable-2_b', 'a23456789012345'])
    assert.equal(nameProblem(name), undefined, name);
  for (const name of ['', '1', 'Dsl', 'a b', 'a234567890123456', '-a', 'ü', 'a\n', '../a'])
    assert.match(nameProblem(name) ?? '', /^must be 1 to 15/, name);
  for (const name of ['main', 'local', 'default', 'unspec', 'all', 'any', 'reject', 'balance'])
    assert.equal(nameProblem(name), 'is a reserved name', name);
});

test('names of policies are longer, and any word', () => {
  for (const name of ['a', 'main', 'mail-2_b', `a${'b'.repeat(30)}`])
    assert.equal(policyNameProblem(name), undefined, name);
  for (const name of ['', '1', 'Mail', 'a b', `a${'b'.repeat(31)}`, '-a', 'ü', 'a\n'])
    assert.match(policyNameProblem(name) ?? '', /^must be 1 to 31/, name);
});

test('devices are names that the kernel takes and that no tool misreads', () => {
  for (const device of ['ppp0', 'eth0.100', 'wlp3s0', 'br-lan', 'eth0:1', '_x@y', '...'])
    assert.equal(deviceProblem(device), undefined, device);
  for (const device of ['', '.', '..', '-eth0', 'a/b', 'a b', 'é', 'eth0\n'])
    assert.match(deviceProblem(device) ?? '', /^must be a device name/, device);
  assert.match(deviceProblem('abcdefghijklmnop') ?? '', /longer than the kernel's 15/);
  assert.match(deviceProblem('lo') ?? '', /loopback/);
  assert.match(deviceProblem('all') ?? '', /every device/);
});

test('a gateway is a unicast IPv4 address', () => {
  for (const gateway of ['192.0.2.1', '10.0.0.1', '223.255.255.254', '169.254.1.1'])
    assert.equal(gatewayProblem(gateway), undefined, gateway);
  for (const gateway of ['', 'router', '192.0.2', '192.0.2.1/24', '2001:db8::1'])
    assert.equal(gatewayProblem(gateway), 'is not an IPv4 address', gateway);
  for (const gateway of ['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.1', '255.255.255.255'])
    assert.equal(gatewayProblem(gateway), 'is not an address that a gateway can have', gateway);
});
