import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToolResult } from '../../../src/model.ts';
import { describeFailure } from '../../../src/system/tool-failure.ts';

const OUTPUT: ToolResult = { status: null, stdout: '', stderr: '' };
const SEARCHED = 'not found (looked in /usr/sbin, /sbin, /usr/bin, /bin)';

const BATCH = ['-4', '-batch', '-'];

const WORDINGS: readonly [string, readonly string[], Partial<ToolResult>, string][] = [
  ['ip', BATCH, { errorCode: 'ENOENT' }, `ip -4 -batch -: ${SEARCHED}; install the Debian package iproute2`],
  ['flock', [], { errorCode: 'ENOENT' }, `flock: ${SEARCHED}; install the Debian package util-linux`],
  ['nft', [], { errorCode: 'ENOENT' }, `nft: ${SEARCHED}; install the Debian package nftables`],
  ['conntrack', [], { errorCode: 'ENOENT' }, `conntrack: ${SEARCHED}; install the Debian package conntrack`],
  ['nope', [], { errorCode: 'ENOENT' }, `nope: ${SEARCHED}; install the package that has nope`],
  [
    'tc',
    ['qdisc'],
    { errorCode: 'EACCES' },
    'tc qdisc: cannot be executed (EACCES); check the mode of its file, or install the Debian package iproute2 again',
  ],
  [
    'ip',
    BATCH,
    { errorCode: 'ETIMEDOUT' },
    'ip -4 -batch -: gave no answer in time and was killed; run it by hand to see what it waits for',
  ],
  [
    'ip',
    BATCH,
    { errorCode: 'ENOBUFS', status: 0 },
    'ip -4 -batch -: printed more than can be read; the table is too big for this program',
  ],
  [
    'ip',
    [],
    { errorCode: 'EAGAIN' },
    'ip: could not be started (EAGAIN): no memory or too many processes; free some and run it again',
  ],
  ['ip', [], { errorCode: 'EIO' }, 'ip: could not be run (EIO)'],
  ['ip', [], {}, 'ip: was ended by a signal; run it again'],
  ['ip', ['link'], { status: 1 }, 'ip link: failed with status 1 and said nothing'],
  [
    'ip',
    ['link'],
    { status: 255, stderr: 'Error: x.\nCommand failed -:1\n' },
    'ip link: Error: x. Command failed -:1',
  ],
  [
    'ip',
    ['route'],
    { status: 2, stderr: 'RTNETLINK answers: Operation not permitted\n' },
    'ip route: RTNETLINK answers: Operation not permitted; run this as root',
  ],
];

for (const [tool, args, result, message] of WORDINGS) {
  test(message, () => assert.equal(describeFailure(tool, args, { ...OUTPUT, ...result }), message));
}

test('what a tool says cannot move the cursor, nor fill the screen', () => {
  const stderr = `\u001b[2J${'x'.repeat(10_000)}`;
  const message = describeFailure('ip', ['y'.repeat(10_000)], { ...OUTPUT, status: 1, stderr });
  assert.match(message, /^ip y{116}…: \[2Jx{296}…$/);
});
