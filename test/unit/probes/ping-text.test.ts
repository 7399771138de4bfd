import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPing } from '../../../src/probes/ping-text.ts';

test('what iputils ping prints of a probe is read, and nothing else', () => {
  const text = `PING 10.9.0.2 (10.9.0.2) from 10.9.0.1 w0: 56(84) bytes of data.
64 bytes from 10.9.0.2: icmp_seq=1 ttl=64 time=0.158 ms
64 bytes from 10.9.0.2: icmp_seq=65535 ttl=52 time=1012 ms
no answer yet for icmp_seq=0
From 10.9.0.1 icmp_seq=2 Destination Host Unreachable
From 10.9.0.2: icmp_seq=3 Time to live exceeded
`;
  assert.deepEqual(readPing(text), [
    { kind: 'answer', sequence: 1, rtt: 0.158 },
    { kind: 'answer', sequence: 65535, rtt: 1012 },
    { kind: 'missing', sequence: 0 },
    { kind: 'refused', sequence: 2, cause: 'Destination Host Unreachable' },
    { kind: 'refused', sequence: 3, cause: 'Time to live exceeded' },
  ]);
});

/** What ping prints besides, or might one day. */
const UNEXPECTED = [
  '64 bytes from 10.9.0.2: icmp_seq=3 ttl=64 time=0.061 ms (DUP!)',
  '64 bytes from 10.9.0.2: icmp_seq=3 ttl=64 time=0.061 ms (BAD CHECKSUM!)',
  '64 bytes from 10.9.0.2: icmp_seq=3 ttl=64 (truncated)',
  '16 bytes from 10.9.0.2: icmp_seq=3 ttl=64',
  'wrong data byte #17 should be 0x11 but was 0x55',
  'From 10.9.0.2 icmp_seq=1 Redirect Host(New nexthop: 10.9.0.9)',
  'From 10.9.0.2: icmp_seq=1 Source Quench',
  'ping: Warning: time of day goes back (-3600000000us), taking countermeasures',
  'ping: sendmsg: Network is unreachable',
  '7 packets transmitted, 0 received, 100% packet loss, time 1931ms',
  'rtt min/avg/max/mdev = 0.054/0.091/0.158/0.047 ms',
  'no answer yet for icmp_seq=x',
  'keine Antwort auf icmp_seq=4',
  '64 bytes from icmp_seq=3 ttl=64 time=0.061 ms',
  '\u0000\u0007\uffff',
  '',
];

test('a copy, a damaged answer, a redirect and unexpected text are passed over', () => {
  for (const line of UNEXPECTED) assert.deepEqual(readPing(`${line}\n`), [], line);
  assert.deepEqual(readPing(`${UNEXPECTED.join('\n')}\nno answer yet for icmp_seq=4`), [
    { kind: 'missing', sequence: 4 },
  ]);
});
