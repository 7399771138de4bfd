import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../src/commands/session.ts';
import { nodeProblem } from '../../src/install/ownership.ts';
import { plant, programFolder, temporaryFolder } from '../unit/install/program-folder.ts';
import {
  cannotRun,
  machineFolders,
  type Outcome,
  recordingHook,
  runOn,
  seenBy,
  textOf,
} from './installed-machine.ts';

// Owners count here: in a user namespace / belongs to nobody that it knows.
const skip = process.geteuid?.() === 0 ? cannotRun() : 'installing without --root needs real root';

const module = (path: string): string => new URL(`../../${path}`, import.meta.url).href;
const toolFolder = fileURLToPath(new URL('../..', import.meta.url));

/** A machine with nothing installed, and a Node binary on it that belongs to root. */
const bareMachine = (): { root: string; node: string } => {
  const root = temporaryFolder();
  for (const folder of machineFolders) mkdirSync(join(root, folder), { recursive: true });
  const ours = realpathSync(process.execPath);
  if (nodeProblem(ours) === undefined) return { root, node: ours };
  mkdirSync(join(root, 'usr/local/lib/nodejs'));
  copyFileSync(ours, join(root, 'usr/local/lib/nodejs/node'));
  chmodSync(join(root, 'usr/local/lib/nodejs/node'), 0o755);
  return { root, node: '/usr/local/lib/nodejs/node' };
};

type Machine = ReturnType<typeof bareMachine>;

const installScript = (from: string): string =>
  `const { installCommand } = await import('${module('src/commands/install.ts')}');
  console.log((await installCommand({ from: '${from}' })).join('\\n'));`;

const uninstallScript = (flush: string): string =>
  `const { uninstallCommand } = await import('${module('src/commands/uninstall.ts')}');
  const { UserError } = await import('${module('src/errors.ts')}');
  console.log(JSON.stringify(await uninstallCommand({ flush: ${flush} })));`;

/** Installs on the machine itself, without a root folder; prints its lines or its refusal. */
const command = ({ root, node }: Machine, from: string): Outcome =>
  runScript(root, node, installScript(from));

/** The report of an uninstall on the machine itself, with this function, in JavaScript, as its flush. */
const uninstalled = ({ root, node }: Machine, flush: string): Report =>
  JSON.parse(runScript(root, node, uninstallScript(flush)).output);

const runScript = (root: string, node: string, text: string): Outcome => {
  const script = plant(
    root,
    '/etc/script.mjs',
    `try { ${text} } catch (error) {
    console.log(error.message); process.exitCode = 1; }`,
  );
  return runOn(root, `cd '${toolFolder}'; exec '${node}' --import tsx '${script}'`);
};

test('installed on the machine itself, the hooks run with a code cache, and uninstall leaves nothing', {
  skip,
}, () => {
  const machine = bareMachine();
  const { root } = machine;
  const before = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  assert.equal(command(machine, programFolder('1.2.3', recordingHook)).status, 0);
  const lib = join(root, 'usr/local/lib/mlb-hooks/1.2.3');
  const both = readFileSync(join(lib, 'ip-up.cache'));
  assert.ok(both.length > 0 && both.subarray(0, both.length / 2).equals(both.subarray(both.length / 2)));
  runOn(root, 'exec /usr/bin/env -i /etc/ppp/ip-up.local ppp0 eth1 0 192.0.2.7 192.0.2.1');
  assert.equal(seenBy(root)?.argv[0], '/usr/local/lib/mlb-hooks/1.2.3/ip-up.cjs');

  const report = "{ lines: ['flushed'], errors: ['complaint'], exitCode: 0 }";
  const { lines, ...rest } = uninstalled(machine, `() => Promise.resolve(${report})`);
  assert.ok(lines.includes('flushed'), lines.join('\n'));
  assert.deepEqual(rest, { errors: ['complaint'], exitCode: 0 });
  const after = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  // /run is gone at reboot.
  const ofTheTest = /^(etc\/script\.mjs|run\/.*)$/;
  assert.deepEqual(
    after.filter((name) => !ofTheTest.test(name)),
    before,
  );
});

for (const [what, flush, said] of [
  [
    'has left something',
    "() => Promise.resolve({ lines: ['did this'], errors: ['as wished'], exitCode: 1 })",
    ['did this'],
  ],
  ['was refused', "() => Promise.reject(new UserError('as wished'))", []],
] as const) {
  test(`the program stays when flush ${what}, and another uninstall ends the work`, { skip }, () => {
    const machine = bareMachine();
    const { root } = machine;
    command(machine, programFolder('1.2.3', recordingHook));
    const { lines, errors, exitCode } = uninstalled(machine, flush);
    assert.equal(exitCode, 1);
    assert.deepEqual(errors, [
      'as wished',
      'not everything was flushed, so the program stays; run uninstall again',
    ]);
    assert.deepEqual(
      lines.filter((line) => !line.endsWith(': removed')),
      said,
    );
    assert.ok(lines.includes('/etc/ppp/ip-up.local: removed'), lines.join('\n'));
    assert.equal(textOf(root, 'etc/ppp/ip-up.local'), '');
    assert.notEqual(textOf(root, 'usr/local/sbin/mlb-hooks'), '');
    assert.notEqual(textOf(root, 'usr/local/lib/mlb-hooks/current/mlb-hooks.cjs'), '');

    const fine = '() => Promise.resolve({ lines: [], errors: [], exitCode: 0 })';
    assert.equal(uninstalled(machine, fine).exitCode, 0);
    assert.deepEqual(readdirSync(join(root, 'usr/local/lib')), []);
    assert.deepEqual(readdirSync(join(root, 'usr/local/sbin')), []);
  });
}

/** Shell commands around `script`, in the tool's folder: somebody else has the lock in this folder below /run. */
const whileHeld = ({ root, node }: Machine, runDir: string, script: string): string => {
  const holder = plant(
    root,
    '/etc/holder.mjs',
    `const { acquireLock } = await import('${module('src/system/lock.ts')}');
    const { writeFileSync } = await import('node:fs');
    const lock = acquireLock({ waitSeconds: 5, runDir: '${runDir}' });
    writeFileSync('/run/held', '');
    setTimeout(() => lock.release(), 60_000);`,
  );
  return `rm -f /run/held; cd '${toolFolder}'
    '${node}' --import tsx '${holder}' & holder=$!
    until [ -e /run/held ] || ! kill -0 $holder; do sleep 0.05; done
    ${script}
    kill $holder; wait $holder 2>/dev/null`;
};

/** The whole of it: what is built, a kernel of its own, and a configuration that has moved the protocol. */
const realLife = (machine: Machine): string => `
ip link set lo up
ip link add w0 type veth peer name i0
ip addr add 192.0.2.2/24 dev w0; ip link set w0 up; ip link set i0 up
/usr/local/sbin/mlb-hooks apply
ip -N route show table all proto 78 >/run/applied
${whileHeld(
  machine,
  '/run/mlb-hooks',
  '/usr/local/sbin/mlb-hooks uninstall >/run/first 2>/run/first.errors; echo $? >/run/first.status',
)}
echo broken >/etc/mlb-hooks/config.toml
/usr/local/sbin/mlb-hooks uninstall >/run/second 2>/run/second.errors; echo $? >/run/second.status
ip -N route show table all proto 78 >/run/left; ip -N rule show | grep 'proto 78' >>/run/left`;

test('uninstall takes no program away while the kernel has something of ours, nor loses its protocol', {
  skip,
}, () => {
  const machine = bareMachine();
  const { root } = machine;
  const settings = '[settings]\nprotocol = 78\nlock-wait = 1\n';
  const uplink = '[[uplink]]\nid = 1\nname = "one"\ndevice = "w0"\ngateway = "192.0.2.1"\nqdisc = "none"\n';
  plant(root, '/etc/mlb-hooks/config.toml', settings + uplink, 0o644);
  assert.equal(command(machine, join(toolFolder, 'dist')).status, 0);
  plant(root, '/etc/life.sh', realLife(machine));
  runOn(root, `PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH; exec unshare --net sh /etc/life.sh`);
  assert.match(textOf(root, 'run/applied'), /default via 192\.0\.2\.1 dev w0 table 7700/);
  assert.equal(
    textOf(root, 'run/first.errors'),
    'the lock is still held after 1 s; see "mlb-hooks status" and try again\n' +
      'not everything was flushed, so the program stays; run uninstall again\n',
  );
  assert.equal(textOf(root, 'run/first.status'), '1\n');
  assert.match(textOf(root, 'run/first'), /^\/etc\/ppp\/ip-up\.local: removed$/m);
  assert.match(
    textOf(root, 'run/second.errors'),
    /; flushing what has protocol 78, as \/etc\/iproute2\/rt_protos\.d\/mlb-hooks\.conf says\n$/,
  );
  assert.equal(textOf(root, 'run/left'), '');
  assert.equal(textOf(root, 'run/second.status'), '0\n');
  assert.match(textOf(root, 'run/second'), /^\/usr\/local\/lib\/mlb-hooks: removed$/m);
});

test('two installs at once leave one complete program', { skip }, () => {
  const machine = bareMachine();
  const { root } = machine;
  const from = programFolder('1.2.3', recordingHook);
  const script = plant(root, '/etc/script.mjs', installScript(from));
  const once = `(cd '${toolFolder}'; '${machine.node}' --import tsx '${script}'; echo "status $?")`;
  const { output } = runOn(root, `${once} & ${once} & wait`);
  assert.deepEqual(output.match(/^status .*$/gm), ['status 0', 'status 0'], output);
  const lib = join(root, 'usr/local/lib/mlb-hooks');
  assert.deepEqual(readdirSync(lib).toSorted(), ['1.2.3', 'current', 'folders']);
  const files = readdirSync(join(lib, '1.2.3'));
  for (const name of ['ip-up', 'ip-down', 'if-up', 'if-down', 'mlb-hooks'])
    for (const file of [`${name}.cjs`, `${name}.cache`]) assert.ok(files.includes(file), file);
  assert.match(command(machine, from).output, /^everything was in place already\n/);
});

test('neither install nor uninstall changes a file while another one is at work', { skip }, () => {
  const machine = bareMachine();
  const { root, node } = machine;
  const from = programFolder('1.2.3', recordingHook);
  const everything = () =>
    readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => !/\.mjs$|^run\//.test(name));
  const held = (text: string): string => {
    const script = plant(root, '/etc/script.mjs', text);
    const attempt = `timeout -s KILL 4 '${node}' --import tsx '${script}'; echo "status $?"`;
    return runOn(
      root,
      `mkdir -p -m 700 /run/mlb-hooks /run/mlb-hooks/install
       ${whileHeld(machine, '/run/mlb-hooks/install', attempt)}`,
    ).output;
  };
  const before = everything();
  assert.match(held(installScript(from)), /^status 137$/m);
  assert.deepEqual(everything(), before);
  assert.equal(command(machine, from).status, 0);
  const installed = everything();
  assert.match(held(uninstallScript('() => { throw new Error(); }')), /^status 137$/m);
  assert.deepEqual(everything(), installed);
});

test('the command starts by its path with what was typed, and NODE_OPTIONS does not reach it', {
  skip,
}, () => {
  const machine = bareMachine();
  command(machine, programFolder('1.2.3', recordingHook));
  const { status } = runOn(
    machine.root,
    "NODE_OPTIONS=--evil NO_COLOR=1; export NODE_OPTIONS NO_COLOR; exec /usr/local/sbin/mlb-hooks status 'a b' ''",
  );
  assert.equal(status, 0);
  const seen = seenBy(machine.root);
  assert.deepEqual(seen?.argv, ['/usr/local/lib/mlb-hooks/1.2.3/mlb-hooks.cjs', 'status', 'a b', '']);
  assert.equal(seen?.env.NODE_OPTIONS, undefined);
  assert.equal(seen?.env.NO_COLOR, '1');
});

test('the installed program can install itself again', { skip }, () => {
  const machine = bareMachine();
  command(machine, programFolder('1.2.3', recordingHook));
  const again = command(machine, '/usr/local/lib/mlb-hooks/1.2.3');
  assert.match(again.output, /^everything was in place already\n/);
});

test('a folder of the target that others can write is refused before anything is written', { skip }, () => {
  const machine = bareMachine();
  chmodSync(join(machine.root, 'etc'), 0o775);
  mkdirSync(join(machine.root, 'etc/ppp'));
  const { status, output } = command(machine, programFolder('1.2.3'));
  assert.equal(status, 1);
  const cause = 'root runs or reads what is there, but /etc is writable by others than root (mode 775)';
  assert.ok(output.includes(`/etc/ppp: ${cause}; run: chmod go-w /etc\n`), output);
  assert.equal(readdirSync(join(machine.root, 'usr/local/sbin')).length, 0);
});

test('no moment without a valid program while versions change', { skip }, () => {
  const { root, node } = bareMachine();
  const [first, second] = [
    programFolder('1.2.3', `${recordingHook}// first`),
    programFolder('1.2.4', recordingHook),
  ];
  command({ root, node }, first);
  symlinkSync('/usr/local/lib/mlb-hooks/current', join(root, 'etc/watched'));
  const text = `const { install } = await import('${module('src/install/install.ts')}');
    const { spawn } = await import('node:child_process');
    const watch = 'while [ ! -e /run/done ]; do [ -e /etc/watched/start.cjs ] || echo gap; done';
    const watcher = spawn('/bin/sh', ['-c', watch], { stdio: 'inherit' });
    for (const from of ['${second}', '${first}', '${second}']) install({ from, chain: false, log: () => {} });
    const { writeFileSync } = await import('node:fs');
    writeFileSync('/run/done', '');
    await new Promise((resolve) => watcher.on('close', resolve));`;
  assert.deepEqual(runScript(root, node, text), { status: 0, output: '' });
  assert.equal(textOf(root, 'usr/local/lib/mlb-hooks/current/VERSION'), '1.2.4\n');
});
