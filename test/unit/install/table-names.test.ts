import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installCommand } from '../../../src/commands/install.ts';
import { uninstallCommand } from '../../../src/commands/uninstall.ts';
import { install } from '../../../src/install/install.ts';
import {
  nameObstacles,
  noNames,
  readProtocol,
  renderProtocolName,
  renderTableNames,
  writeTableNames,
} from '../../../src/install/table-names.ts';
import { sampleConfig } from '../../helpers/samples.ts';
import { plant, programFolder, temporaryFolder } from './program-folder.ts';

const config = await sampleConfig(
  'id = 2\nname = "cable"\ndevice = "eth1"',
  'id = 1\nname = "dsl1"\ndevice = "ppp0"',
);
const header = '# installed by mlb-hooks; `mlb-hooks apply` writes it anew from the configuration\n';
const file = '/etc/iproute2/rt_tables.d/mlb-hooks.conf';

test('each table has the name of its uplink, and the common one is balance', () => {
  assert.equal(renderTableNames(config), `${header}7700\tbalance\n7702\tcable\n7701\tdsl1\n`);
  assert.equal(renderProtocolName(config), `${header}77\tmlb-hooks\n`);
});

test('names are not written where nothing is installed', () => {
  const root = temporaryFolder();
  assert.deepEqual(writeTableNames(config, root), []);
  plant(root, file, '100 foreign\n');
  assert.deepEqual(writeTableNames(config, root), []);
  assert.equal(readFileSync(join(root, file), 'utf8'), '100 foreign\n');
});

test('names follow the configuration, and are left alone when they are right', () => {
  const root = temporaryFolder();
  install({ root, from: programFolder('1.2.3'), chain: false, node: '/usr/bin/env', log: () => {} });
  assert.equal(readFileSync(join(root, file), 'utf8'), header);
  assert.deepEqual(writeTableNames(config, root), [file, '/etc/iproute2/rt_protos.d/mlb-hooks.conf']);
  assert.equal(statSync(join(root, file)).mode & 0o777, 0o644);
  assert.deepEqual(writeTableNames(config, root), []);
  // An install while the configuration is broken keeps the names.
  install({ root, from: programFolder('1.2.3'), chain: false, node: '/usr/bin/env', log: () => {} });
  assert.equal(readFileSync(join(root, file), 'utf8'), renderTableNames(config));
});

test('install without a configuration says so after everything else, and succeeds', async () => {
  const root = temporaryFolder();
  const from = programFolder('1.2.3');
  const lines = await installCommand({ root, from, node: process.execPath });
  assert.ok(lines.includes(`${root}/etc/ppp/ip-up.local: written`), lines.join('\n'));
  assert.match(
    String(lines.at(-1)),
    /config\.toml.*\nnext: write it, then mlb-hooks check and mlb-hooks apply$/,
  );
  const again = await installCommand({ root: `${root}/`, from, node: process.execPath });
  assert.equal(again[0], 'everything was in place already');
});

test('install with a configuration writes its names at once', async () => {
  const root = temporaryFolder();
  const toml = '[[uplink]]\nid = 1\nname = "dsl1"\ndevice = "ppp0"\n';
  plant(root, '/etc/mlb-hooks/config.toml', toml, 0o600);
  const lines = await installCommand({ root, from: programFolder('1.2.3'), node: '/usr/bin/env' });
  assert.doesNotMatch(lines.join('\n'), /next: write it/);
  assert.equal(readFileSync(join(root, file), 'utf8'), `${header}7700\tbalance\n7701\tdsl1\n`);
});

test('uninstall below a root never touches the kernel, and says when there was nothing', async () => {
  const root = temporaryFolder();
  const flush = () => assert.fail('flush was called');
  await installCommand({ root, from: programFolder('1.2.3'), node: '/usr/bin/env' });
  await uninstallCommand({ root, flush });
  assert.ok(!existsSync(join(root, '/usr/local')));
  assert.deepEqual(await uninstallCommand({ root, flush }), {
    lines: ['nothing of mlb-hooks was installed'],
    errors: [],
    exitCode: 0,
  });
});

const protocolFile = '/etc/iproute2/rt_protos.d/mlb-hooks.conf';

test('the protocol number is read back as it was written', () => {
  const root = temporaryFolder();
  assert.equal(readProtocol(root), undefined);
  for (const protocol of [5, 78, 255]) {
    plant(root, protocolFile, renderProtocolName({ ...config, settings: { ...config.settings, protocol } }));
    assert.equal(readProtocol(root), protocol);
  }
});

test('a protocol file that says anything else than what we write says nothing', () => {
  const root = temporaryFolder();
  for (const text of [
    '78\tmlb-hooks\n',
    noNames,
    `${header}4\tmlb-hooks\n`,
    `${header}256\tmlb-hooks\n`,
    `${header}0x4e\tmlb-hooks\n`,
    `${header}078\tmlb-hooks\n`,
    `${header}78\tother\n`,
    `${header}78\tmlb-hooks\n79\tother\n`,
    `${header}12\tother\n78\tmlb-hooks\n`,
    `${header}78\tmlb-hooks`,
  ]) {
    plant(root, protocolFile, text);
    assert.equal(readProtocol(root), undefined, text);
  }
});

test("somebody else's file in the place of our names is named, an absent one is not", () => {
  const root = temporaryFolder();
  assert.deepEqual(nameObstacles(root), []);
  plant(root, protocolFile, '78\tother\n');
  const remedy = 'mlb-hooks did not install it and leaves it; move it away, then run mlb-hooks install';
  assert.deepEqual(nameObstacles(root), [`${root}${protocolFile}: ${remedy}`]);
});
