import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, Runner } from '../../../src/model.ts';
import { applyChanges, describeChangeFailure, parseBatchErrors } from '../../../src/system/apply.ts';
import { sampleRoute, sampleRule } from '../../helpers/samples.ts';

/** What `ip -4 -force -batch -` of iproute2 6.1 said on stderr. */
const IP_SAID = `Cannot find device "nope"
Command failed -:1
Error: FIB table does not exist.
Command failed -:2
RTNETLINK answers: No such file or directory
Command failed -:3
Error: Nexthop has invalid gateway.
Command failed -:4
`;

test('every refused line is told with what was said about it', () => {
  assert.deepEqual(
    [...parseBatchErrors(IP_SAID).failed],
    [
      [1, 'Cannot find device "nope"'],
      [2, 'FIB table does not exist.'],
      [3, 'No such file or directory'],
      [4, 'Nexthop has invalid gateway.'],
    ],
  );
});

test('a message of several lines is one cause, no message is still a failure', () => {
  const said = 'Error: a.\n  b\n\nCommand failed -:7\nCommand failed -:12\nWarning: left over\n';
  assert.deepEqual(
    [...parseBatchErrors(said).failed],
    [
      [7, 'a. b'],
      [12, 'refused'],
    ],
  );
  assert.equal(parseBatchErrors(said).rest, 'Warning: left over');
  assert.deepEqual([...parseBatchErrors('').failed], []);
  assert.deepEqual([...parseBatchErrors('Command failed: x\n').failed], []);
});

const CHANGES: readonly Change[] = [
  { kind: 'route', op: 'add', route: sampleRoute() },
  { kind: 'route', op: 'delete', route: sampleRoute() },
  { kind: 'rule', op: 'delete', rule: sampleRule() },
  { kind: 'route', op: 'replace', route: sampleRoute({ metric: 10 }) },
];

test('what is gone already needs no deleting, anything else that was refused is a failure', async () => {
  const run: Runner = () => ({ status: 1, stdout: '', stderr: IP_SAID });
  const { failures } = await applyChanges(CHANGES, run);
  assert.deepEqual(failures.map(describeChangeFailure), [
    'ip -4 route add default table 7701 protocol 77 metric 1 scope global via 192.0.2.1 dev eth1: Cannot find device "nope"',
    'ip -4 route replace default table 7701 protocol 77 metric 10 scope global via 192.0.2.1 dev eth1: Nexthop has invalid gateway.',
  ]);
});

test('a line that the tool cannot read ends the batch: nothing after it may be taken for done', async () => {
  const aborted = 'Cannot find device "nope"\nCommand failed -:1\nError: argument "x" is wrong: table\n';
  const run: Runner = () => ({ status: 255, stdout: '', stderr: aborted });
  const { failures } = await applyChanges(CHANGES, run);
  assert.deepEqual(
    failures.map(({ change }) => change),
    CHANGES,
  );
});

test('a tool that is missing fails every one of its changes, and no other', async () => {
  const tc: Change = {
    kind: 'qdisc',
    op: 'delete',
    qdisc: { device: 'eth1', parent: 'root', handle: '77:', kind: 'prio', options: {} },
  };
  const run: Runner = (tool) =>
    tool === 'tc'
      ? { status: null, stdout: '', stderr: '', errorCode: 'ENOENT' }
      : { status: 0, stdout: '', stderr: '' };
  const { failures } = await applyChanges([...CHANGES, tc], run);
  assert.deepEqual(
    failures.map(({ change }) => change),
    [tc],
  );
});

test('lines go to the tool in their order, each on its own line', async () => {
  const inputs: (string | undefined)[] = [];
  const run: Runner = (_tool, _args, input) => {
    inputs.push(input);
    return { status: 0, stdout: '', stderr: '' };
  };
  assert.deepEqual(await applyChanges(CHANGES.slice(1, 3), run), { failures: [], skipped: [] });
  assert.deepEqual(inputs, [
    'route delete default table 7701 protocol 77 metric 1\nrule delete priority 20900 from all lookup 7700 protocol 77\n',
  ]);
});
