import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../../src/model.ts';
import { computeBatches, describeChange, renderCommand } from '../../../src/plan/batch.ts';
import { sampleRoute, sampleRule } from '../../helpers/samples.ts';

const QDISC = { device: 'eth1', parent: 'root', handle: '77:', kind: 'prio', options: { bands: 3 } };
const SYSCTL: Change = {
  kind: 'sysctl',
  op: 'write',
  sysctl: { device: 'eth1', key: 'rp_filter', value: 2 },
};

const LOAD: Change = {
  kind: 'nft',
  op: 'load',
  ruleset: { build: 'aa', living: [] },
  lines: [
    { text: 'add table inet mlb_hooks' },
    { text: 'flush table inet mlb_hooks', about: 'policy "mail"' },
  ],
};
const CLEAN: Change = { kind: 'nft', op: 'clean', lines: [{ text: 'delete chain inet mlb_hooks old' }] };

/** A change and the command that makes it by hand. */
const COMMANDS: readonly (readonly [change: Change, command: string])[] = [
  [SYSCTL, 'sysctl -w net/ipv4/conf/eth1/rp_filter=2'],
  [
    { kind: 'route', op: 'add', route: sampleRoute() },
    'ip -4 route add default table 7701 protocol 77 metric 1 scope global via 192.0.2.1 dev eth1',
  ],
  [
    { kind: 'route', op: 'replace', route: sampleRoute() },
    'ip -4 route replace default table 7701 protocol 77 metric 1 scope global via 192.0.2.1 dev eth1',
  ],
  [
    { kind: 'route', op: 'delete', route: sampleRoute() },
    'ip -4 route delete default table 7701 protocol 77 metric 1',
  ],
  [
    { kind: 'rule', op: 'add', rule: sampleRule() },
    'ip -4 rule add priority 20900 from all lookup 7700 protocol 77',
  ],
  [
    { kind: 'rule', op: 'delete', rule: sampleRule() },
    'ip -4 rule delete priority 20900 from all lookup 7700 protocol 77',
  ],
  [{ kind: 'qdisc', op: 'replace', qdisc: QDISC }, 'tc qdisc replace dev eth1 root handle 77: prio bands 3'],
  [{ kind: 'qdisc', op: 'delete', qdisc: QDISC }, 'tc qdisc delete dev eth1 root handle 77:'],
  [LOAD, "nft -f - <<'EOF'\nadd table inet mlb_hooks\nflush table inet mlb_hooks\nEOF"],
];

test('every change is a command that can be pasted into a shell', () => {
  for (const [change, command] of COMMANDS) assert.equal(renderCommand(change), command);
});

test('any number of changes is one batch of ip and one of tc, with the change behind every line', () => {
  const changes = COMMANDS.map(([change]) => change).filter(({ kind }) => kind !== 'nft');
  const batches = computeBatches(changes);
  assert.deepEqual(
    batches.map(({ tool, args }) => [tool, ...args].join(' ')),
    ['ip -4 -force -batch -', 'tc -force -batch -'],
  );
  for (const { tool, args, lines, changes: behind } of batches)
    assert.deepEqual(
      lines.map((line) => `${tool}${args[0] === '-4' ? ' -4' : ''} ${line}`),
      behind.map(renderCommand),
    );
  assert.deepEqual(
    batches.map(({ lines }) => lines.length),
    [5, 2],
  );
});

test('every transaction is a process of nft, before tc; before ip only if it is planned so', () => {
  const changes = [CLEAN, ...COMMANDS.map(([change]) => change)];
  const batches = computeBatches(changes);
  assert.deepEqual(
    batches.map(({ tool }) => tool),
    ['nft', 'ip', 'nft', 'tc'],
  );
  assert.deepEqual(batches[0], {
    tool: 'nft',
    args: ['-f', '-'],
    changes: [CLEAN],
    lines: ['delete chain inet mlb_hooks old'],
  });
});

test('a transaction is described on one line, any other change by its command', () => {
  assert.equal(describeChange(LOAD), 'nft table inet mlb_hooks (load)');
  for (const [change, command] of COMMANDS)
    if (change.kind !== 'nft') assert.equal(describeChange(change), command);
});

test('no change for a tool starts no process', () => {
  assert.deepEqual(computeBatches([SYSCTL]), []);
  assert.deepEqual(computeBatches([]), []);
});
