import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ConfigError, loadConfig } from '../../../src/config/load.ts';
import { UserError } from '../../../src/errors.ts';

const GOOD = '[[uplink]]\nid = 1\nname = "dsl1"\ndevice = "ppp0"\n';
const AS_ROOT = process.geteuid?.() === 0;

let directory = '';
let file = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mlb-hooks-config-'));
  file = join(directory, 'config.toml');
  writeFileSync(file, GOOD, { mode: 0o600 });
});

afterEach(() => rmSync(directory, { recursive: true }));

const refusal = async (path = file): Promise<ConfigError> => {
  const error: unknown = await loadConfig(path).then(
    () => assert.fail('was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError && error instanceof UserError, String(error));
  return error;
};

test('a regular file that only its owner can write is read, also through a link', async () => {
  assert.equal((await loadConfig(file)).uplinks[0]?.name, 'dsl1');
  chmodSync(file, 0o644);
  symlinkSync('config.toml', join(directory, 'link'));
  assert.equal((await loadConfig(join(directory, 'link'))).uplinks[0]?.name, 'dsl1');
});

test('a problem carries position, path, message and remedy for programs', async () => {
  writeFileSync(file, `${GOOD}  weight = 300\n`);
  const { problems, message } = await refusal();
  assert.deepEqual(problems, [
    {
      line: 5,
      column: 3,
      path: ['uplink', 0, 'weight'],
      message: 'uplink "dsl1": weight = 300: must be 1..256',
      remedy: 'leave it out for the default, weight = 1, or choose another value',
    },
  ]);
  assert.ok(message.startsWith(`${file}:5: uplink "dsl1": weight = 300: must be 1..256; `), message);
});

test('a file that others can write is refused with the command that mends it', async () => {
  chmodSync(file, 0o664);
  assert.equal(
    (await refusal()).message,
    `${file}: can be written by others than its owner (mode 0664); chmod go-w ${file}`,
  );
  chmodSync(file, 0o602);
  assert.match((await refusal()).message, /mode 0602/);
  symlinkSync('config.toml', join(directory, 'link'));
  assert.match((await refusal(join(directory, 'link'))).message, /mode 0602/);
});

test('root refuses a file of somebody else', {
  skip: !AS_ROOT && 'needs root to give a file away',
}, async () => {
  chownSync(file, 65534, 0);
  assert.equal((await refusal()).message, `${file}: belongs to uid 65534, not to root; chown root: ${file}`);
  chmodSync(file, 0o666);
  assert.equal((await refusal()).problems.length, 2);
});

test('what is in a file that may not be trusted is not looked at', async () => {
  writeFileSync(file, 'not TOML');
  chmodSync(file, 0o666);
  assert.equal((await refusal()).problems.length, 1);
});

test('a missing file says where the example is', async () => {
  const missing = join(directory, 'none.toml');
  assert.equal(
    (await refusal(missing)).message,
    `${missing}: does not exist; start from the example: ` +
      `cp /usr/local/lib/mlb-hooks/current/templates/config.toml ${missing}`,
  );
});

test('a directory, a FIFO without a writer and a path through a file are refused at once', async () => {
  mkdirSync(join(directory, 'folder'));
  assert.match((await refusal(join(directory, 'folder'))).message, /is not a regular file/);
  execFileSync('mkfifo', ['-m', '600', join(directory, 'fifo')]);
  assert.match((await refusal(join(directory, 'fifo'))).message, /is not a regular file/);
  assert.match((await refusal(join(file, 'x'))).message, /cannot be opened: ENOTDIR/);
});
