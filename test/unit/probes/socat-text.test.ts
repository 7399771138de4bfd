import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elapsed, readSocat } from '../../../src/probes/socat-text.ts';

const TIME = '2026/11/21 16:47:40';
const at = (seconds: number): number => 1000 * (16 * 3600 + 47 * 60 + seconds);

test('the beginning and the end of connecting are read with their times', () => {
  const events = readSocat(`${TIME}.856207 socat[7325] N reading from and writing to stdio
${TIME}.856275 socat[7325] N opening connection to AF=2 10.9.0.2:80
${TIME}.856411 socat[7325] N successfully connected from local address AF=2 10.9.0.1:44364
${TIME}.856422 socat[7325] N starting data transfer loop with FDs [0,1] and [5,5]
${TIME}.856433 socat[7325] N socket 1 (fd 0) is at EOF
${TIME}.860682 socat[7325] N exiting with status 0
`);
  assert.deepEqual(events, [
    { kind: 'opening', at: at(40.856275) },
    { kind: 'connected', at: at(40.856422) },
  ]);
});

/** Lines of socat, and what they mean. */
const ENDS: readonly (readonly [line: string, kind: string, cause: string])[] = [
  ['E connect(5, AF=2 10.9.0.2:81, 16): Connection refused', 'refused', 'Connection refused'],
  ['E read(5, 0x564ea009f000, 8192): Connection refused', 'refused', 'Connection refused'],
  ['E connect(5, AF=2 10.9.0.2:81, 16): Network is unreachable', 'refused', 'Network is unreachable'],
  [
    'E setsockopt(5, 1, 25, "w9", 3): No such device',
    'broken',
    'socat: setsockopt(5, 1, 25, "w9", 3): No such device',
  ],
  ['E unknown option "so-bindtodevice"', 'broken', 'socat: unknown option "so-bindtodevice"'],
];

test('what the network says is told from what is wrong with this machine', () => {
  for (const [line, kind, cause] of ENDS)
    assert.deepEqual(readSocat(`${TIME}.5 socat[7406] ${line}\n`), [{ kind, at: at(40.5), cause }]);
});

test('warnings and lines that are not socats are passed over', () => {
  const text = `${TIME}.946390 socat[7406] W recvmsg(): Resource temporarily unavailable
${TIME}.946393 socat[7406] N exit(1)
opening connection to nowhere
E connect(5): Connection refused
`;
  assert.deepEqual(readSocat(text), []);
});

test('a connection over midnight has taken no day', () => {
  const [before, after] = readSocat(`2026/11/21 23:59:59.900000 socat[1] N opening connection to x
2026/11/22 00:00:00.100000 socat[1] N starting data transfer loop
`);
  assert.ok(before !== undefined && after !== undefined);
  assert.equal(Math.round(elapsed(before.at, after.at)), 200);
});
