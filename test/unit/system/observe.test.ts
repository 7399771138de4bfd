import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Runner, ToolResult } from '../../../src/model.ts';
import { observe } from '../../../src/system/observe.ts';
import { NO_MEMORY, sampleConfig } from '../../helpers/samples.ts';

const CONFIG = 'id = 1\nname = "cable"\ndevice = "nosuchdevice"\ngateway = "192.0.2.1"';
const EMPTY: ToolResult = { status: 0, stdout: '[]\n[]\n[]\n[]\n', stderr: '' };
const LINK = '[{"ifindex":3,"ifname":"eth1","flags":["UP","LOWER_UP"]}]';
const DISTURBED: ToolResult = { ...EMPTY, stderr: 'Dump was interrupted and may be inconsistent.\n' };

/** Answers with one result after the other, the last one again and again; counts the calls of `ip`. */
const answering = (...results: readonly ToolResult[]): { run: Runner; calls: () => number } => {
  let calls = 0;
  const run: Runner = (tool) => {
    if (tool !== 'ip') return EMPTY;
    calls += 1;
    return results[Math.min(calls, results.length) - 1] ?? EMPTY;
  };
  return { run, calls: () => calls };
};

const look = async (run: Runner) =>
  observe(await sampleConfig(CONFIG), NO_MEMORY, run, { trust: false, onUnread: () => undefined });

test('a dump that was disturbed is read again', async () => {
  const { run, calls } = answering(DISTURBED, DISTURBED, { ...EMPTY, stdout: `${LINK}\n[]\n[]\n[]\n` });
  const { links } = await look(run);
  assert.deepEqual([calls(), links.map(({ device }) => device)], [3, ['eth1']]);
});

test('one that is always disturbed is believed in the end, and not read for ever', async () => {
  const { run, calls } = answering(DISTURBED);
  assert.deepEqual((await look(run)).links, []);
  assert.equal(calls(), 5);
});

test('a failed ip is an error with its words, at once', async () => {
  const { run, calls } = answering({ status: 1, stdout: '', stderr: 'Cannot open netlink socket\n' });
  await assert.rejects(look(run), /^UserError: ip -4 -j -d -N -batch -: Cannot open netlink socket/);
  assert.equal(calls(), 1);
});

test('an empty list of an older ip is empty, and a line that is no JSON is an error', async () => {
  const older = answering({ ...EMPTY, stdout: '[\n[ ]\n[]\n[\n' });
  assert.deepEqual((await look(older.run)).routes, []);
  const broken = answering({ ...EMPTY, stdout: '[]\n[]\n[]\n[{"dst":\n' });
  await assert.rejects(look(broken.run), /answered something that is no JSON: \[\{"dst":/);
  const short = answering({ ...EMPTY, stdout: '[]\n[]\n' });
  await assert.rejects(look(short.run), /fewer answers than questions/);
});
