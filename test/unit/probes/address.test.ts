import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAddresses } from '../../../src/probes/address.ts';

test('what getent prints is read: every address once, in its order', () => {
  const output = `192.0.2.7       STREAM example.org
192.0.2.7       DGRAM
192.0.2.7       RAW
192.0.2.3       STREAM
192.0.2.3       DGRAM
`;
  assert.deepEqual(readAddresses(output), ['192.0.2.7', '192.0.2.3']);
});

test('anything else is no address', () => {
  assert.deepEqual(readAddresses(''), []);
  assert.deepEqual(readAddresses('warning: nss\n::1 STREAM localhost\n1.2.3 STREAM x\n'), []);
});
