import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { install } from '../../../src/install/install.ts';
import { versionProblem } from '../../../src/install/node-version.ts';
import { nodeProblem, targetProblem } from '../../../src/install/ownership.ts';
import { checkRights } from '../../../src/install/preconditions.ts';
import { plant, programFolder, temporaryFolder } from './program-folder.ts';

const refusal = (root: string, options: { chain?: boolean; from?: string } = {}): string => {
  const { chain = false, from = programFolder('1.2.3') } = options;
  try {
    install({ root, from, chain, node: '/usr/bin/env', log: () => {} });
  } catch (error) {
    if (error instanceof Error && error.name === 'UserError') return error.message;
    throw error;
  }
  return 'not refused';
};

const rootOwned = { uid: 0, mode: 0o40755 };
const treeWith = (path: string, weak: { uid?: number; mode?: number }) => (asked: string) =>
  asked === path ? { ...rootOwned, ...weak } : rootOwned;

test('a foreign ip-up.local is refused with what is there and both remedies, and nothing is written', () => {
  const root = temporaryFolder();
  plant(root, '/etc/ppp/ip-up.local', '#!/bin/sh\n');
  assert.equal(
    refusal(root),
    `${root}/etc/ppp/ip-up.local: a file of 10 bytes is there that mlb-hooks did not install; ` +
      'install --chain keeps it and runs it after ours (uninstall puts it back), or move it away',
  );
  assert.deepEqual(readdirSync(root, { recursive: true }).toSorted(), [
    'etc',
    'etc/ppp',
    'etc/ppp/ip-up.local',
  ]);
});

test('every foreign file is named in one refusal, and --chain helps the .local scripts alone', () => {
  const root = temporaryFolder();
  symlinkSync('/opt/vpn/up', join(plant(root, '/etc/ppp/options', ''), '../ip-down.local'));
  plant(root, '/etc/network/if-up.d/mlb-hooks', 'x');
  mkdirSync(join(root, '/usr/local/lib/mlb-hooks/current'), { recursive: true });
  assert.equal(
    refusal(root),
    [
      `${root}/usr/local/lib/mlb-hooks/current: a folder is there that mlb-hooks did not install; move it away`,
      `${root}/etc/ppp/ip-down.local: a link to /opt/vpn/up is there that mlb-hooks did not install; ` +
        'install --chain keeps it and runs it after ours (uninstall puts it back), or move it away',
      `${root}/etc/network/if-up.d/mlb-hooks: a file of 1 bytes is there that mlb-hooks did not install; move it away`,
    ].join('\n'),
  );
  assert.doesNotMatch(refusal(root, { chain: true }), /ip-down.local/);
  assert.match(refusal(root, { chain: true }), /if-up.d/);
});

test('a folder in the place of ip-up.local is refused, also with --chain', () => {
  const root = temporaryFolder();
  mkdirSync(join(root, '/etc/ppp/ip-up.local'), { recursive: true });
  const message = `${root}/etc/ppp/ip-up.local: a folder is there that mlb-hooks did not install; move it away`;
  assert.equal(refusal(root, { chain: true }), message);
});

test('a second foreign script on top of a kept one is refused with the place of the first', () => {
  const root = temporaryFolder();
  plant(root, '/etc/ppp/ip-up.local', 'second');
  plant(root, '/etc/ppp/ip-up.local.mlb-hooks-kept', 'first');
  assert.equal(
    refusal(root, { chain: true }),
    `${root}/etc/ppp/ip-up.local: a file of 6 bytes is there that mlb-hooks did not install; move it away ` +
      `(${root}/etc/ppp/ip-up.local.mlb-hooks-kept, which an earlier install --chain kept, must be moved away too, or back)`,
  );
});

test('a folder without a build is refused with the command that makes one', () => {
  for (const name of ['mlb-hooks.cjs', 'if-down.cjs']) {
    const from = programFolder('1.2.3');
    rmSync(join(from, name));
    assert.equal(
      refusal(temporaryFolder(), { from }),
      `${from}/${name}: not found, so there is nothing to install; run: npm run build`,
    );
  }
});

const nodeRemedy =
  'install Node.js 20.12 or later in a place that only root can write ' +
  "(such as nodejs.org's archive, unpacked below /usr/local with tar --no-same-owner), then run this with it";

test('a Node.js that is too old is refused with the version that is needed, and nothing is written', (t) => {
  const { versions } = process;
  t.after(() => Object.defineProperty(process, 'versions', { value: versions }));
  Object.defineProperty(process, 'versions', { value: { ...versions, node: '18.19.0' } });
  const root = temporaryFolder();
  assert.equal(refusal(root), `Node.js 18.19.0 is too old for the hooks; ${nodeRemedy}`);
  assert.deepEqual(readdirSync(root), []);
});

test('the oldest Node.js that is accepted is that of package.json', () => {
  const file = new URL('../../../package.json', import.meta.url);
  const { engines } = JSON.parse(readFileSync(file, 'utf8'));
  assert.equal(engines.node, '>=20.12');
  for (const version of ['20.12.0', '20.13.1', '21.0.0', '100.1.0'])
    assert.equal(versionProblem(version), undefined, version);
  for (const version of ['20.11.1', '20.9.0', '18.20.4', '9.99.9'])
    assert.match(String(versionProblem(version)), new RegExp(`^Node\\.js ${version} is too old`), version);
});

test('a Node binary below a home folder is refused with the folder that is weak', () => {
  const node = '/home/ann/.nvm/versions/node/v20.1.0/bin/node';
  assert.equal(
    nodeProblem(node, treeWith('/home/ann', { uid: 1000 })),
    `${node}: hooks run it as root, but /home/ann belongs to user 1000, not to root; ${nodeRemedy}`,
  );
  assert.equal(
    nodeProblem('/usr/bin/node', () => rootOwned),
    undefined,
  );
});

test('a Node binary that its group or everybody can write is refused with its mode', () => {
  for (const [bits, mode] of [
    ['775', 0o100775],
    ['757', 0o100757],
  ] as const) {
    const problem = nodeProblem('/usr/bin/node', treeWith('/usr/bin/node', { mode }));
    assert.ok(problem?.includes(`but /usr/bin/node is writable by others than root (mode ${bits})`), problem);
  }
});

test('a sticky world-writable folder above is refused: its owner check is not ours', () => {
  assert.match(
    String(nodeProblem('/tmp/node', treeWith('/tmp', { mode: 0o41777 }))),
    /\/tmp is writable .*mode 1777/,
  );
});

test('a Node path that env(1) would take for a variable is refused', () => {
  assert.equal(
    nodeProblem('/opt/a=b/node', () => rootOwned),
    '/opt/a=b/node: env(1) cannot start a program with = or a line end in its path; move Node.js',
  );
});

test('a weak target folder is refused with the command that mends it', () => {
  assert.equal(
    targetProblem('/usr', treeWith('/', { mode: 0o40777 })),
    '/usr: root runs or reads what is there, but / is writable by others than root (mode 777); run: chmod go-w /',
  );
  assert.equal(
    targetProblem('/usr/not-there', treeWith('/usr', { uid: 7 })),
    '/usr/not-there: root runs or reads what is there, but /usr belongs to user 7, not to root; run: chown root: /usr',
  );
  assert.equal(
    targetProblem('/usr/not-there', () => rootOwned),
    undefined,
  );
});

test('an ordinary user is told to use sudo or --root', () => {
  assert.throws(() => checkRights('install', '', 1000), {
    message:
      'install changes files in /etc and /usr/local, which only root may; ' +
      'run: sudo mlb-hooks install (or give --root DIR to work below DIR)',
  });
  checkRights('install', '/tmp/below', 1000);
  checkRights('install', '', 0);
});
