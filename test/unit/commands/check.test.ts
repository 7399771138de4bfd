import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { checkConfig, checkText } from '../../../src/commands/check.ts';
import type { PppFiles } from '../../../src/commands/check-files.ts';

const NO_PPP: PppFiles = { common: '', peers: [], warnings: [] };
const GOOD = '[[uplink]]\nid = 1\nname = "dsl1"\ndevice = "ppp0"\n';

let directory = '';
let file = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mlb-hooks-check-'));
  file = join(directory, 'config.toml');
  writeFileSync(file, GOOD, { mode: 0o600 });
});

afterEach(() => rmSync(directory, { recursive: true }));

test('a valid configuration has no problem, and its text says what it has', async () => {
  const result = await checkConfig({ file, ppp: () => NO_PPP });
  assert.deepEqual(result.problems, []);
  assert.deepEqual(result.warnings, []);
  assert.equal(result.config?.uplinks[0]?.name, 'dsl1');
  assert.equal(checkText(result), `${file}: valid, 1 uplink (dsl1)`);
});

test('problems come a line each, and then their number', async () => {
  writeFileSync(file, `${GOOD}weight = 0\ntier = 0\n`);
  const result = await checkConfig({ file, ppp: () => NO_PPP });
  assert.equal(result.config, undefined);
  const lines = checkText(result).split('\n');
  assert.equal(lines.length, 3);
  assert.ok(lines[0]?.startsWith(`${file}:5: uplink "dsl1": weight = 0: must be 1..256; `), lines[0]);
  assert.equal(lines[2], `${file}: not usable, 2 problems`);
});

test('a missing configuration is a problem, not a crash', async () => {
  const result = await checkConfig({ file: join(directory, 'none') });
  assert.match(checkText(result), /none: does not exist; .*\n.*none: not usable, 1 problem$/);
});

test('warnings of the kernel and of pppd are shown and leave the configuration valid', async () => {
  const result = await checkConfig({
    file,
    rules: [{ family: 4, priority: 32000, protocol: 3, table: 9, foreign: true }],
    ppp: () => ({ common: '', peers: [{ file: 'P', text: 'user x' }], warnings: [] }),
  });
  assert.match(
    checkText(result),
    /^warning: uplink "dsl1": P has neither .*\nwarning: rule 32000 .*\n.*: valid, 1 uplink \(dsl1\), 2 warnings$/,
  );
});

test('without a ppp uplink the files of pppd are not read', async () => {
  writeFileSync(file, GOOD.replace('ppp0', 'eth1'));
  await checkConfig({ file, ppp: () => assert.fail('read') });
});

test('what the machine lacks is a warning too', async () => {
  const result = await checkConfig({ file, ppp: () => NO_PPP, machine: { forwarding: false } });
  assert.match(checkText(result), /^warning: net\.ipv4\.ip_forward = 0: .*\n.*, 1 warning$/);
});
