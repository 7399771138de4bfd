import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { install } from '../../../src/install/install.ts';
import { uninstall } from '../../../src/install/uninstall.ts';
import { plant, programFolder, temporaryFolder } from './program-folder.ts';

const node = '/usr/bin/env';
const options = (root: string, from: string, lines: string[] = []) => ({
  root,
  from,
  node,
  chain: false,
  log: (line: string) => void lines.push(line),
});

/** Every file below a folder with its mode and content or link, for comparing before and after. */
const snapshot = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const stats = lstatSync(join(folder, name));
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isSymbolicLink()) return `${name} -> ${readlinkSync(join(folder, name))}`;
      return stats.isDirectory()
        ? `${name}/ ${mode}`
        : `${name} ${mode} ${readFileSync(join(folder, name), 'utf8')}`;
    });

const modeOf = (root: string, path: string): string => (statSync(join(root, path)).mode & 0o7777).toString(8);

test('every file of the contract is put in place, with its mode whatever the umask', () => {
  const root = temporaryFolder();
  const before = process.umask(0o077);
  try {
    install(options(root, programFolder('1.2.3')));
  } finally {
    process.umask(before);
  }
  for (const path of [
    '/etc/ppp/ip-up.local',
    '/etc/ppp/ip-down.local',
    '/etc/network/if-up.d/mlb-hooks',
    '/etc/network/if-down.d/mlb-hooks',
    '/usr/local/sbin/mlb-hooks',
    '/etc/iproute2/rt_tables.d',
    '/usr/local/lib/mlb-hooks/1.2.3',
    '/usr/local/lib/mlb-hooks/1.2.3/templates',
    '/etc/mlb-hooks',
  ]) {
    assert.equal(modeOf(root, path), '755', path);
  }
  for (const path of [
    '/etc/iproute2/rt_tables.d/mlb-hooks.conf',
    '/etc/iproute2/rt_protos.d/mlb-hooks.conf',
    '/etc/logrotate.d/mlb-hooks',
    '/etc/systemd/system/mlb-hooks.service',
    '/etc/mlb-hooks/config.toml.example',
    '/usr/local/lib/mlb-hooks/1.2.3/ip-up.cjs',
  ]) {
    assert.equal(modeOf(root, path), '644', path);
  }
  assert.equal(readlinkSync(join(root, '/usr/local/lib/mlb-hooks/current')), '1.2.3');
});

test('installed files name the Node binary, and neither the root folder nor the folder they came from', () => {
  const root = temporaryFolder();
  const from = programFolder('1.2.3');
  install({ ...options(root, from), node: "/opt/it's $& here/node" });
  const stub = readFileSync(join(root, '/etc/ppp/ip-up.local'), 'utf8');
  assert.match(stub, /^node='\/opt\/it'\\''s \$& here\/node'$/m);
  for (const text of snapshot(root).filter((line) => !line.includes('/templates/'))) {
    assert.ok(!text.includes(root), text);
    assert.ok(!text.includes(from), text);
    assert.ok(!/ -> \//.test(text) && !text.includes('@NODE@') && !text.includes('.mlb-hooks-new'), text);
  }
});

test('a second install changes nothing and says nothing', () => {
  const root = temporaryFolder();
  const from = programFolder('1.2.3');
  // Caches and all: one that cannot be made is tried, and said, every time.
  install({ ...options(root, from), node: process.execPath });
  const before = snapshot(root);
  const inode = statSync(join(root, '/etc/ppp/ip-up.local')).ino;
  const lines: string[] = [];
  install({ ...options(root, from, lines), node: process.execPath });
  assert.deepEqual(lines, []);
  assert.deepEqual(snapshot(root), before);
  assert.equal(statSync(join(root, '/etc/ppp/ip-up.local')).ino, inode);
});

test('an upgrade switches `current` and removes the old version', () => {
  const root = temporaryFolder();
  install(options(root, programFolder('1.2.3')));
  install(options(root, programFolder('1.3.0')));
  const lib = join(root, '/usr/local/lib/mlb-hooks');
  assert.equal(readlinkSync(join(lib, 'current')), '1.3.0');
  assert.deepEqual(readdirSync(lib).toSorted(), ['1.3.0', 'current', 'folders']);
});

test('other content under the same version gets its own folder, and again the plain one', () => {
  const root = temporaryFolder();
  const lib = join(root, '/usr/local/lib/mlb-hooks');
  install(options(root, programFolder('1.2.3')));
  const second = programFolder('1.2.3', '// second\n');
  install(options(root, second));
  const hashed = readlinkSync(join(lib, 'current'));
  assert.match(hashed, /^1\.2\.3\+[0-9a-f]{8}$/);
  assert.equal(readFileSync(join(lib, 'current/ip-up.cjs'), 'utf8'), '// second\n');
  install(options(root, second));
  assert.equal(readlinkSync(join(lib, 'current')), hashed);
  install(options(root, programFolder('1.2.3', '// third\n')));
  assert.equal(readlinkSync(join(lib, 'current')), '1.2.3');
  assert.deepEqual(readdirSync(lib).toSorted(), ['1.2.3', 'current', 'folders']);
});

test('another Node binary means a new folder, because the code cache is for one Node', () => {
  const root = temporaryFolder();
  const from = programFolder('1.2.3');
  install(options(root, from));
  install({ ...options(root, from), node: '/bin/sh' });
  assert.match(readlinkSync(join(root, '/usr/local/lib/mlb-hooks/current')), /\+/);
});

test('what an interrupted install left is used or removed by the next', () => {
  const root = temporaryFolder();
  const from = programFolder('1.2.3');
  const lib = '/usr/local/lib/mlb-hooks';
  install(options(root, from));
  const whole = snapshot(root);
  rmSync(join(root, lib, 'current'));
  rmSync(join(root, lib, '1.2.3/stamp'));
  plant(root, `${lib}/.1.2.3.4711.new/stamp`, 'installed by mlb-hooks\n');
  plant(root, '/etc/ppp/.ip-up.local.mlb-hooks-new', 'half');
  rmSync(join(root, '/etc/ppp/ip-up.local'));
  install(options(root, from));
  const hashless = (line: string) => line.replaceAll(/1\.2\.3\+[0-9a-f]{8}/g, '1.2.3');
  const left = snapshot(root)
    .map(hashless)
    .filter((line, index, all) => all.indexOf(line) === index);
  for (const line of whole) assert.ok(left.includes(line), line);
  assert.equal(readFileSync(join(root, lib, 'current/VERSION'), 'utf8'), '1.2.3\n');
  assert.ok(!readdirSync(join(root, '/etc/ppp')).some((name) => name.startsWith('.')));
});

test('the configuration is never written, and it survives uninstall with its folder', async () => {
  const root = temporaryFolder();
  plant(root, '/etc/mlb-hooks/config.toml', 'mine', 0o600);
  install(options(root, programFolder('1.2.3')));
  await uninstall({ root, log: () => {} });
  assert.deepEqual(
    snapshot(root).filter((line) => line.includes('mlb-hooks')),
    ['etc/mlb-hooks/ 755', 'etc/mlb-hooks/config.toml 600 mine'],
  );
});

test('uninstall takes away exactly what install brought', async () => {
  const root = temporaryFolder();
  plant(root, '/etc/ppp/options', 'foreign');
  plant(root, '/etc/logrotate.d/other', 'foreign');
  const before = snapshot(root);
  install(options(root, programFolder('1.2.3')));
  install(options(root, programFolder('1.3.0')));
  await uninstall({ root, log: () => {} });
  assert.deepEqual(snapshot(root), before);
  const lines: string[] = [];
  await uninstall({ root, log: (line) => void lines.push(line) });
  assert.deepEqual(lines, []);
});

test('a foreign file that took the place of ours survives uninstall, and is named', async () => {
  const root = temporaryFolder();
  install(options(root, programFolder('1.2.3')));
  writeFileSync(join(root, '/etc/network/if-up.d/mlb-hooks'), '#!/bin/sh\n# mine now\n');
  plant(root, '/usr/local/lib/mlb-hooks/notes/mine', 'text');
  const lines: string[] = [];
  await uninstall({ root, log: (line) => void lines.push(line) });
  assert.equal(readFileSync(join(root, '/etc/network/if-up.d/mlb-hooks'), 'utf8'), '#!/bin/sh\n# mine now\n');
  assert.equal(readFileSync(join(root, '/usr/local/lib/mlb-hooks/notes/mine'), 'utf8'), 'text');
  assert.ok(
    lines.includes(`${root}/etc/network/if-up.d/mlb-hooks: left, mlb-hooks did not install it`),
    lines.join('\n'),
  );
  assert.ok(
    lines.includes(`${root}/usr/local/lib/mlb-hooks: left, there is something else in it`),
    lines.join('\n'),
  );
});

test('--chain keeps a foreign script as it is, and uninstall puts it back', async () => {
  const root = temporaryFolder();
  const script = plant(root, '/etc/ppp/ip-up.local', '#!/bin/sh\necho foreign\n', 0o741);
  const target = plant(root, '/etc/vpn/down', '#!/bin/sh\n');
  symlinkSync('../vpn/down', join(root, '/etc/ppp/ip-down.local'));
  const before = snapshot(root);
  const { ino } = statSync(script);
  install({ ...options(root, programFolder('1.2.3')), chain: true });
  assert.match(readFileSync(script, 'utf8'), /installed by mlb-hooks/);
  assert.equal(statSync(`${script}.mlb-hooks-kept`).ino, ino);
  assert.equal(readlinkSync(join(root, '/etc/ppp/ip-down.local.mlb-hooks-kept')), '../vpn/down');
  assert.equal(readFileSync(target, 'utf8'), '#!/bin/sh\n');
  // An upgrade without the option must not lose it.
  install(options(root, programFolder('1.3.0')));
  await uninstall({ root, log: () => {} });
  assert.deepEqual(snapshot(root), before);
  assert.equal(statSync(script).ino, ino);
});

test('flush is called once the hooks are gone, and when it fails the program stays for another try', async () => {
  const root = temporaryFolder();
  install(options(root, programFolder('1.2.3')));
  let seen: readonly string[] = [];
  const flush = () => {
    seen = snapshot(root).filter((line) =>
      /^(etc\/(ppp|network)\/.*|usr\/local\/sbin\/)[^/]+ 755/.test(line),
    );
    throw new Error('flush failed');
  };
  await assert.rejects(uninstall({ root, flush, log: () => {} }), /flush failed/);
  assert.deepEqual(
    seen.map((line) => line.slice(0, line.indexOf(' '))),
    ['usr/local/sbin/mlb-hooks'],
  );
  assert.ok(existsSync(join(root, '/usr/local/lib/mlb-hooks/current/mlb-hooks.cjs')));
  await uninstall({ root, log: () => {} });
  assert.deepEqual(snapshot(root), []);
});

test('an upgrade removes what an interrupted removal of an old version left', () => {
  const root = temporaryFolder();
  plant(root, '/usr/local/lib/mlb-hooks/.1.0.0.old/stamp', 'installed by mlb-hooks\n');
  install(options(root, programFolder('1.2.3')));
  assert.deepEqual(readdirSync(join(root, '/usr/local/lib/mlb-hooks')), ['1.2.3', 'current', 'folders']);
});
