import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../../src/attempt.ts';
import { converge, type Outcome } from '../../src/converge.ts';
import { computeNothing } from '../../src/desired/desired.ts';
import type { Target } from '../../src/look.ts';
import type { Config, LinkEvent, Memory, Refusal, Runner, ToolResult } from '../../src/model.ts';
import { describeChange } from '../../src/plan/batch.ts';
import { readUptime } from '../../src/system/sysctl.ts';
import { NO_MEMORY, sampleConfig } from '../helpers/samples.ts';

const UPLINKS = [1, 2].map(
  (id) => `id = ${id}\nname = "up${id}"\ndevice = "nosuch${id}"\ngateway = "10.0.${id}.1"\nqdisc = "none"`,
);

const configOf = async (settings: Partial<Config['settings']> = {}): Promise<Config> => {
  const config = await sampleConfig(...UPLINKS);
  return { ...config, settings: { ...config.settings, balance: 'random', ...settings } };
};

const OK: ToolResult = { status: 0, stdout: '', stderr: '' };
const MISSING: ToolResult = { status: null, stdout: '', stderr: '', errorCode: 'ENOENT' };
const ABSENT: ToolResult = { status: 1, stdout: '', stderr: 'Error: No such file or directory\n' };

/** What of a machine these tests are about: the markers in our table, and what was called. */
interface Machine {
  readonly run: Runner;
  /** Commands but those of `ip`, `tc` and `ss`; a transaction is `nft -f -`. */
  readonly calls: string[];
  markers: string[];
  /** Devices of the uplinks that are there. */
  devices: number[];
  /** Tools that are not installed. */
  missing: string[];
  /** The answer to `conntrack -D`. */
  conntrack: ToolResult;
  /** Conntrack helpers that the kernel does not have. */
  lacking: string[];
  /** How many batches of `ip` will find the gateway of up2 invalid. */
  invalid: number;
  /** The batches of `ip` that wrote, each as its lines. */
  readonly written: string[][];
  /** What nft says of every transaction, if it refuses all. */
  refusal: string;
}

const makeMachine = (): Machine => {
  const machine: Machine = {
    calls: [],
    markers: [],
    devices: [1, 2],
    missing: [],
    lacking: [],
    invalid: 0,
    written: [],
    refusal: '',
    conntrack: OK,
    run: (tool, args, input = '') => {
      if (tool === 'ip')
        return input.startsWith('link show') ? ipAnswer(machine.devices) : write(machine, input);
      if (tool === 'tc') return { ...OK, stdout: '[]' };
      if (tool === 'ss') return OK;
      machine.calls.push([tool, ...args].join(' '));
      if (machine.missing.includes(tool)) return MISSING;
      if (tool === 'conntrack') return machine.conntrack;
      return args[0] === '-f' ? transaction(machine, input) : list(machine, args);
    },
  };
  return machine;
};

const ipAnswer = (devices: readonly number[]): ToolResult => {
  const flags = ['UP', 'LOWER_UP'];
  const links = devices.map((id) => ({ ifindex: id + 10, ifname: `nosuch${id}`, flags, mtu: 1500 }));
  const addresses = links.map((link, index) => ({
    ...link,
    addr_info: [{ family: 'inet', local: `10.0.${devices[index]}.2`, prefixlen: 24, scope: 'global' }],
  }));
  return { ...OK, stdout: [links, addresses, [], []].map((list) => `${JSON.stringify(list)}\n`).join('') };
};

/** A batch of `ip -force`: as long as the gateway is invalid, every route by it is refused. */
const write = (machine: Machine, input: string): ToolResult => {
  const lines = input.trim().split('\n');
  machine.written.push(lines);
  if (machine.invalid === 0) return OK;
  machine.invalid -= 1;
  const refused = lines.flatMap((line, index) =>
    line.includes('via 10.0.2.1 ')
      ? [`Error: Nexthop has invalid gateway.\nCommand failed -:${index + 1}\n`]
      : [],
  );
  return refused.length === 0 ? OK : { ...OK, status: 1, stderr: refused.join('') };
};

const list = ({ markers }: Machine, args: readonly string[]): ToolResult => {
  if (args.includes('counter')) return markers.includes(args.at(-1) ?? '') ? OK : ABSENT;
  // With a chain that no ruleset wants any more: it is deleted after a load.
  const nftables = [{ chain: { name: 'old' } }, ...markers.map((name) => ({ counter: { name } }))];
  return markers.length === 0 ? ABSENT : { ...OK, stdout: JSON.stringify({ nftables }) };
};

const transaction = (machine: Machine, input: string): ToolResult => {
  const lines = input.split('\n');
  const refused = lines.flatMap((line, index) => {
    const [, verb, name = ''] = /^(add|delete) counter .* (loaded_\w+)$/.exec(line) ?? [];
    const lacks = machine.lacking.some((helper) => line.includes(`type "${helper}"`));
    const stale = verb === 'delete' && !machine.markers.includes(name);
    return lacks || stale
      ? [`/dev/stdin:${index + 1}:1-9: Error: Could not process rule: No such file or directory`]
      : [];
  });
  if (machine.refusal !== '') return { ...ABSENT, stderr: machine.refusal };
  if (refused.length > 0) return { ...ABSENT, stderr: refused.join('\n') };
  const added = /^add counter .* (loaded_\w+)$/m.exec(input)?.[1];
  if (added !== undefined || input.startsWith('delete table')) machine.markers = [added ?? []].flat();
  return OK;
};

const LIST = 'nft -j -t list table inet mlb_hooks';
const CONFIRM = 'nft list counter inet mlb_hooks';
const TRANSACTION = 'nft -f -';

/** One run, and the calls that it made, markers left out. */
const runOn = async (
  machine: Machine,
  config: Config,
  memory: Memory,
  options: {
    readonly hook?: true;
    readonly flush?: true;
    readonly events?: readonly LinkEvent[];
    readonly connections?: number;
  } = {},
): Promise<Outcome & { readonly calls: readonly string[] }> => {
  machine.calls.length = 0;
  const { run } = machine;
  const target = options.flush === true ? { target: FLUSH } : {};
  const job: Job = {
    config,
    run,
    remember: () => undefined,
    trust: options.hook === true,
    countConnections: () => options.connections ?? 7,
    ...target,
  };
  const outcome = await converge(job, memory, options.events ?? []);
  return { ...outcome, calls: machine.calls.map((call) => call.replace(/ loaded_\w+$/, '')) };
};

const FLUSH: Target = (_config, _states, observed, memory) => computeNothing(observed, memory);

/** A machine on which a command has loaded everything. */
const applied = async (settings: Partial<Config['settings']> = {}) => {
  const machine = makeMachine();
  const config = await configOf(settings);
  const { memory } = await runOn(machine, config, NO_MEMORY);
  return { machine, config, memory };
};

const ofNft = ({ changes }: Outcome): string[] =>
  changes.filter(({ kind }) => kind === 'nft').map(describeChange);

const LOADED = ['nft table inet mlb_hooks (load)'];
const UPDATED = ['nft table inet mlb_hooks (update)'];

test('a hook believes what was loaded, and asks for one counter at its end', async () => {
  const { machine, config, memory } = await applied();
  const again = await runOn(machine, config, memory, { hook: true });
  assert.deepEqual(again.calls, [CONFIRM]);
  assert.deepEqual([ofNft(again), again.problems, again.notices], [[], [], []]);
  assert.deepEqual(again.memory.loaded, memory.loaded);
});

test('a hook that remembers nothing lists, and does not ask again', async () => {
  const { machine, config, memory } = await applied();
  const { loaded, ...forgot } = memory;
  const again = await runOn(machine, config, forgot, { hook: true });
  assert.deepEqual(again.calls, [LIST]);
  assert.deepEqual(again.memory.loaded, loaded);
});

test('an uplink that is gone is one transaction, and its connections are forgotten after that', async () => {
  const { machine, config, memory } = await applied();
  machine.devices = [2];
  const gone = await runOn(machine, config, memory, { hook: true });
  assert.deepEqual(gone.calls, [TRANSACTION, 'conntrack -D --mark 0x1000000/0x3f000000']);
  assert.deepEqual(ofNft(gone), UPDATED);
  assert.deepEqual(gone.memory.loaded?.living, [2]);
  const later = await runOn(machine, config, gone.memory, { hook: true });
  assert.deepEqual(later.calls, [CONFIRM], 'forgotten once');
});

/** What began while there was no ruleset is assigned by the addresses of the uplinks. */
const ADOPTION = [1, 2].flatMap((id) =>
  ['--reply-dst', '--orig-dst'].map(
    (side) => `conntrack -U ${side} 10.0.${id}.2 --mark 0x${id}000000/0x3f000000`,
  ),
);

test('where no connection is tracked none is looked for', async () => {
  const { machine, config, memory } = await applied();
  machine.markers = [];
  machine.devices = [2];
  const { calls } = await runOn(machine, config, memory, { hook: true, connections: 0 });
  assert.ok(!calls.some((call) => call.startsWith('conntrack')), calls.join());
});

test('a table that somebody has flushed is noticed, loaded again and spoken of', async () => {
  const { machine, config, memory } = await applied();
  machine.markers = [];
  const again = await runOn(machine, config, memory, { hook: true });
  assert.deepEqual(again.calls, [CONFIRM, LIST, TRANSACTION, ...ADOPTION]);
  assert.deepEqual(ofNft(again), LOADED);
  assert.deepEqual(again.memory.loaded, memory.loaded);
  assert.deepEqual(again.problems, []);
  assert.deepEqual(again.notices, [
    'nft table inet mlb_hooks: somebody has changed or deleted it; it is loaded again',
  ]);
});

test('an update upon another ruleset than the one believed is refused, and all is loaded anew', async () => {
  const { machine, config, memory } = await applied();
  machine.markers = ['loaded_aa_0'];
  machine.devices = [2];
  const { calls, notices, problems, memory: after } = await runOn(machine, config, memory, { hook: true });
  assert.deepEqual(calls.slice(0, 3), [TRANSACTION, LIST, TRANSACTION]);
  assert.equal(notices.length, 1);
  assert.deepEqual(problems, []);
  assert.deepEqual(after.loaded?.living, [2]);
});

test('another configuration is loaded by a hook that has listed the table first', async () => {
  const { machine, memory } = await applied();
  const changed = await runOn(machine, await configOf({ balance: 'source' }), memory, { hook: true });
  assert.equal(changed.calls[0], LIST);
  assert.ok(ofNft(changed).includes('nft table inet mlb_hooks (load)'));
});

test('a helper that the kernel lacks is left out, said once, and tried again when memory forgets it', async () => {
  const machine = makeMachine();
  machine.lacking = ['ftp', 'netbios-ns'];
  const config = await configOf({ helpers: ['ftp', 'netbios-ns', 'sip'] });
  const first = await runOn(machine, config, NO_MEMORY, { hook: true });
  const remedy = 'then run "mlb-hooks apply"';
  assert.deepEqual(first.notices, [
    `helper "ftp": this kernel does not have it; load or build the module nf_conntrack_ftp, ${remedy}`,
    `helper "netbios-ns": this kernel does not have it; load or build the module nf_conntrack_netbios_ns, ${remedy}`,
  ]);
  assert.deepEqual([first.problems, ofNft(first)], [[], LOADED]);
  const second = await runOn(machine, config, first.memory, { hook: true });
  assert.deepEqual([second.calls, second.notices], [[CONFIRM], []]);
  machine.lacking = [];
  const retried = await runOn(machine, config, { ...second.memory, missingHelpers: [] });
  assert.deepEqual(retried.notices, []);
  assert.notEqual(retried.memory.loaded?.build, first.memory.loaded?.build);
});

test('a ruleset that is refused is a problem, what builds on it is not done, and the next run looks', async () => {
  const { machine, memory } = await applied();
  machine.refusal = '/dev/stdin:1:1-9: Error: Could not process rule: Cannot allocate memory';
  const other = await configOf({ balance: 'source' });
  const refused = await runOn(machine, other, memory, { hook: true });
  assert.deepEqual(refused.calls, [LIST, TRANSACTION, LIST, TRANSACTION]);
  assert.deepEqual(ofNft(refused), []);
  assert.deepEqual(refused.problems, [
    'nft table inet mlb_hooks (load): Could not process rule: Cannot allocate memory; the ruleset stays as it was',
  ]);
  assert.equal(refused.memory.loaded, undefined);
  machine.refusal = '';
  const mended = await runOn(machine, other, refused.memory, { hook: true });
  assert.equal(mended.calls[0], LIST);
  assert.deepEqual(mended.problems, []);
});

test('without nft the rest is done, and a hook that cannot confirm does not try for ever', async () => {
  const { machine, config, memory } = await applied();
  machine.missing = ['nft'];
  const hook = await runOn(machine, config, memory, { hook: true });
  assert.deepEqual(hook.calls, [CONFIRM]);
  assert.match(hook.problems.join('\n'), /^nft list .*: not found .*; install the Debian package nftables$/);
  assert.deepEqual(hook.memory.loaded, memory.loaded);
  machine.devices = [2];
  const command = await runOn(machine, config, memory);
  assert.deepEqual(command.calls, [LIST], 'no connection is assigned to an uplink');
  assert.equal(command.problems.length, 1);
  assert.equal(command.memory.loaded, undefined);
  assert.ok(command.changes.length > 0);
});

test('flush deletes the table; without nft it complains only of what we have loaded', async () => {
  const { machine, config, memory } = await applied();
  machine.missing = ['nft'];
  assert.equal((await runOn(machine, config, memory, { flush: true })).problems.length, 1);
  const { loaded: _loaded, ...forgot } = memory;
  assert.deepEqual((await runOn(machine, config, forgot, { flush: true })).problems, []);
  machine.missing = [];
  machine.devices = [2];
  const flushed = await runOn(machine, config, memory, { flush: true });
  assert.deepEqual(ofNft(flushed), ['nft table inet mlb_hooks (delete)']);
  assert.deepEqual([machine.markers, flushed.memory.loaded], [[], undefined]);
  assert.ok(!flushed.calls.some((call) => call.startsWith('conntrack')));
});

test('a missing conntrack is said once, until it was there or memory forgets it', async () => {
  const { machine, config, memory } = await applied();
  machine.missing = ['conntrack'];
  machine.devices = [2];
  const first = await runOn(machine, config, memory, { hook: true });
  assert.match(
    first.notices.join('\n'),
    /^conntrack -D .*: not found .*; install the Debian package conntrack$/,
  );
  assert.deepEqual(first.problems, []);
  machine.devices = [1];
  const second = await runOn(machine, config, first.memory, { hook: true });
  assert.deepEqual(second.notices, []);
  machine.missing = [];
  machine.devices = [2];
  const third = await runOn(machine, config, second.memory, { hook: true });
  assert.deepEqual(third.memory.missingTools, []);
});

test('that there was no connection to forget is no problem, another failure is', async () => {
  const lose = async (conntrack: Partial<ToolResult>): Promise<readonly string[]> => {
    const { machine, config, memory } = await applied();
    machine.devices = [2];
    machine.conntrack = { ...OK, ...conntrack };
    return (await runOn(machine, config, memory, { hook: true })).problems;
  };
  const none = 'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.\n';
  assert.deepEqual(await lose({ status: 1, stderr: none }), []);
  const failed = 'conntrack v1.4.7 (conntrack-tools): Operation failed: invalid parameters\n';
  assert.deepEqual(await lose({ status: 1, stderr: failed }), [
    'conntrack -D --mark 0x1000000/0x3f000000: conntrack v1.4.7 (conntrack-tools): Operation failed: invalid parameters',
  ]);
});

/** What is remembered of the gateway of up2. */
const refusedOf = ({ memory }: Outcome): Refusal | undefined => memory.uplinks['2']?.refused;

const useOf = ({ states }: Outcome): (string | undefined)[] => states.map(({ use }) => use);

/** How often the own default of up2 was written. */
const triesOf = ({ written }: Machine): number =>
  written.flat().filter((line) => /default table 7702 .*metric 1 .*via 10\.0\.2\.1/.test(line)).length;

test('a gateway that is refused in the middle of a flap is tried again at once, and not remembered', async () => {
  const machine = makeMachine();
  machine.invalid = 1;
  const outcome = await runOn(machine, await configOf(), NO_MEMORY, { hook: true });
  assert.deepEqual([useOf(outcome), outcome.problems], [['working', 'working'], []]);
  assert.equal(refusedOf(outcome), undefined);
  assert.equal(triesOf(machine), 2);
});

test('a gateway that is refused twice is remembered with its link, and the others are balanced without it', async () => {
  const machine = makeMachine();
  machine.invalid = 9;
  const outcome = await runOn(machine, await configOf(), NO_MEMORY);
  assert.deepEqual([useOf(outcome), outcome.problems], [['working', 'gone'], []]);
  const { at = 0, ...refused } = refusedOf(outcome) ?? { gateway: '', cause: '' };
  assert.deepEqual(refused, {
    gateway: '10.0.2.1',
    cause: 'Nexthop has invalid gateway',
    index: 12,
    addresses: ['10.0.2.2/24'],
  });
  assert.ok(Math.abs(readUptime() - at) < 10);
  assert.equal(triesOf(machine), 2);
  assert.ok(machine.written.at(-1)?.some((line) => /default table 7700 .*via 10\.0\.1\.1/.test(line)));
  assert.ok(machine.written.at(-1)?.every((line) => !line.includes('10.0.2.1')));
  machine.written.length = 0;
  const later = await runOn(machine, await configOf(), outcome.memory, { hook: true });
  assert.deepEqual([useOf(later), triesOf(machine)], [['working', 'gone'], 0]);
  assert.deepEqual(refusedOf(later), refusedOf(outcome));
});

test('a gateway that is refused on another link than before is not remembered', async () => {
  const machine = makeMachine();
  machine.invalid = 9;
  let looks = 0;
  const run: Runner = (tool, args, input = '') => {
    const result = machine.run(tool, args, input);
    if (tool !== 'ip' || !input.startsWith('link show')) return result;
    looks += 1;
    // A device that is made anew between any two looks.
    return Promise.resolve(result).then((answer) => ({
      ...answer,
      stdout: answer.stdout.replaceAll('"ifindex":12', `"ifindex":${20 + looks}`),
    }));
  };
  const outcome = await runOn({ ...machine, run }, await configOf(), NO_MEMORY);
  assert.equal(refusedOf(outcome), undefined);
  assert.equal(looks, 4, 'it ends');
});

/** Memory of a run that found the gateway of up2 refused so many seconds ago. */
const refusedAgo = async (machine: Machine, seconds: number): Promise<Memory> => {
  machine.invalid = 9;
  const { memory } = await runOn(machine, await configOf(), NO_MEMORY);
  const uplink = memory.uplinks['2'];
  assert.ok(uplink?.refused !== undefined);
  machine.written.length = 0;
  const refused = { ...uplink.refused, at: readUptime() - seconds };
  return { ...memory, uplinks: { ...memory.uplinks, 2: { ...uplink, refused } } };
};

test('a gateway that was refused a minute ago is tried again, and its uplink is back', async () => {
  const machine = makeMachine();
  const memory = await refusedAgo(machine, 61);
  machine.invalid = 0;
  const outcome = await runOn(machine, await configOf(), memory, { hook: true });
  assert.deepEqual([useOf(outcome), outcome.problems], [['working', 'working'], []]);
  assert.equal(refusedOf(outcome), undefined);
});

test('a gateway that is refused still costs one route a minute, and touches nothing else', async () => {
  const machine = makeMachine();
  const memory = await refusedAgo(machine, 61);
  machine.invalid = 1;
  const outcome = await runOn(machine, await configOf(), memory, { hook: true });
  assert.deepEqual([useOf(outcome), outcome.problems], [['working', 'gone'], []]);
  assert.deepEqual([machine.written[0]?.length, triesOf(machine)], [1, 1]);
  assert.deepEqual([outcome.calls, ofNft(outcome)], [[CONFIRM], []]);
  assert.ok(readUptime() - (refusedOf(outcome)?.at ?? 0) < 10);
});

test('a gateway that was refused less than a minute ago is believed to be so', async () => {
  const machine = makeMachine();
  const memory = await refusedAgo(machine, 50);
  machine.invalid = 0;
  const outcome = await runOn(machine, await configOf(), memory);
  assert.deepEqual([useOf(outcome), triesOf(machine)], [['working', 'gone'], 0]);
});
