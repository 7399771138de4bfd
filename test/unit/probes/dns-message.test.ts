import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeQuery, encodeQuestion, readAnswers } from '../../../src/probes/dns-message.ts';

const QUESTION = encodeQuestion('example.org');

/** A response to a query, with flags of its own. */
const response = (id: number, flags: number): Buffer => {
  const bytes = Buffer.concat([
    encodeQuery(id, QUESTION),
    Buffer.from('c00c00010001000000050004c0000201', 'hex'),
  ]);
  bytes.writeUInt16BE(flags, 2);
  return bytes;
};

test('a query is what RFC 1035 says, byte by byte', () => {
  assert.equal(
    encodeQuery(0xbeef, QUESTION).toString('hex'),
    'beef01000001000000000000076578616d706c65036f72670000010001',
  );
  assert.equal(encodeQuestion('.').toString('hex'), '0000010001');
  assert.deepEqual(encodeQuestion('example.org.'), QUESTION);
});

test('a response counts, also one that knows no such name; an error is named', () => {
  for (const [flags, error] of [
    [0x8180, undefined],
    [0x8183, undefined],
    [0x8182, 'SERVFAIL'],
    [0x8185, 'REFUSED'],
    [0x8181, 'FORMERR'],
  ] as const)
    assert.deepEqual(readAnswers(response(7, flags), QUESTION), [
      { id: 7, ...(error === undefined ? {} : { error }) },
    ]);
});

test('several responses in one chunk are told apart', () => {
  const chunk = Buffer.concat([response(7, 0x8180), response(8, 0x8182), response(9, 0x8180)]);
  assert.deepEqual(readAnswers(chunk, QUESTION), [{ id: 7 }, { id: 8, error: 'SERVFAIL' }, { id: 9 }]);
});

test('an error without the question is read', () => {
  assert.deepEqual(readAnswers(response(7, 0x8185).subarray(0, 12), QUESTION), [{ id: 7, error: 'REFUSED' }]);
});

test('a query, a short one and noise are no responses', () => {
  for (const bytes of [
    response(7, 0x0100),
    response(7, 0x8180).subarray(0, 11),
    Buffer.alloc(0),
    Buffer.alloc(600),
  ])
    assert.deepEqual(readAnswers(bytes, QUESTION), []);
});
