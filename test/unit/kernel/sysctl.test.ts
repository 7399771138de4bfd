import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderSysctl, sysctlKey, sysctlPath } from '../../../src/kernel/sysctl.ts';

test('a sysctl of a device with dots in its name is written with slashes', () => {
  const sysctl = { device: 'eth0.100', key: 'rp_filter', value: 2 } as const;
  assert.equal(sysctlPath(sysctl), 'net/ipv4/conf/eth0.100/rp_filter');
  assert.equal(renderSysctl(sysctl), '-w net/ipv4/conf/eth0.100/rp_filter=2');
  assert.equal(sysctlKey(sysctl), 'eth0.100 rp_filter');
});
