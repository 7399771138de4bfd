import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Runner, ToolResult } from '../../../src/model.ts';
import { forgetConnections } from '../../../src/system/connections.ts';

const OVERTAKEN: ToolResult = {
  status: 1,
  stdout: '',
  stderr: "conntrack v1.4.7 (conntrack-tools): Operation failed: such conntrack doesn't exist\n",
};
const NONE: ToolResult = {
  status: 1,
  stdout: '',
  stderr: 'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.\n',
};

/** Forgets uplink 3's connections with a conntrack that answers so, again and again with the last; counts the calls. */
const forget = async (...answers: readonly ToolResult[]) => {
  const calls: string[] = [];
  const run: Runner = (tool, args) => {
    calls.push([tool, ...args].join(' '));
    return answers[Math.min(calls.length, answers.length) - 1] ?? NONE;
  };
  return { calls, ...(await forgetConnections([{ id: 3 }], 0x3f000000, run)) };
};

test('connections are forgotten by their mark, and that there were none is no problem', async () => {
  const { calls, problems } = await forget(NONE);
  assert.deepEqual(calls, ['conntrack -D --mark 0x3000000/0x3f000000']);
  assert.deepEqual(problems, []);
});

test('an entry that goes by itself meanwhile does not keep the others from being forgotten', async () => {
  const { calls, problems } = await forget(OVERTAKEN, OVERTAKEN, NONE);
  assert.equal(calls.length, 3);
  assert.deepEqual(problems, []);
});

test('it is not tried for ever', async () => {
  const { calls, problems } = await forget(OVERTAKEN);
  assert.equal(calls.length, 10);
  assert.equal(problems.length, 1);
});
