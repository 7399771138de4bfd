import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readMachine, readPppFiles } from '../../../src/commands/check-files.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mlb-hooks-check-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const write = (path: string, text: string): void => {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

test('peers files are read, backups, folders and what is missing are passed over', () => {
  assert.deepEqual(readPppFiles(directory), { common: '', peers: [], warnings: [] });
  const peers = join(directory, 'peers');
  mkdirSync(join(peers, 'folder'), { recursive: true });
  for (const name of ['dsl', 'dsl~', 'dsl.bak', 'dsl.dpkg-old', '.dsl.swp'])
    writeFileSync(join(peers, name), name);
  symlinkSync('dsl', join(peers, 'again'));
  writeFileSync(join(directory, 'options'), 'lock');
  assert.deepEqual(readPppFiles(directory), {
    common: 'lock',
    peers: [
      { file: join(peers, 'again'), text: 'dsl' },
      { file: join(peers, 'dsl'), text: 'dsl' },
    ],
    warnings: [],
  });
});

test('a peers file that cannot be read is a warning and says nothing about its content', () => {
  mkdirSync(join(directory, 'peers', 'folder'), { recursive: true });
  symlinkSync('folder', join(directory, 'peers', 'dsl'));
  const { peers, warnings } = readPppFiles(directory);
  assert.deepEqual(peers, []);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]?.message ?? '', /peers\/dsl: EISDIR/);
});

test('of a machine without any of the files only the missing tools are said', () => {
  const missingPackages = ['nftables', 'conntrack', 'iputils-ping', 'socat'];
  assert.deepEqual(readMachine(directory), { machine: { missingPackages, dnsmasq: '' }, warnings: [] });
  write('usr/sbin/nft', '');
  write('sbin/conntrack', '');
  write('usr/bin/ping', '');
  write('usr/bin/socat', '');
  assert.deepEqual(readMachine(directory).machine.missingPackages, []);
});

test('what nftables loads counts where the system loads it', () => {
  write('etc/nftables.conf', 'flush ruleset\n');
  assert.equal(readMachine(directory).machine.nftables, undefined);
  write('etc/systemd/system/sysinit.target.wants/nftables.service', '');
  assert.equal(readMachine(directory).machine.nftables, 'flush ruleset\n');
});

test('modules count when they are loaded or built in', () => {
  write('proc/modules', 'nf_nat_ftp 16384 0 - Live 0x0000000000000000\nnf_nat 61440 2 a,b, Live 0x0\n');
  write(
    `lib/modules/${release()}/modules.builtin`,
    'kernel/net/netfilter/nf_nat_tftp.ko\nkernel/fs/ext4.ko\n',
  );
  assert.deepEqual(
    [...(readMachine(directory).machine.modules ?? [])],
    ['nf_nat_ftp', 'nf_nat', 'nf_nat_tftp', 'ext4'],
  );
});

test('forwarding is on unless the kernel says 0', () => {
  for (const [text, on] of [
    ['0\n', false],
    ['1\n', true],
  ] as const) {
    write('proc/sys/net/ipv4/ip_forward', text);
    assert.equal(readMachine(directory).machine.forwarding, on);
  }
});

test("dnsmasq's files are read, those of dpkg passed over, and half of them says nothing", () => {
  write('etc/dnsmasq.conf', 'main');
  write('etc/dnsmasq.d/mlb-hooks.conf', 'ours');
  write('etc/dnsmasq.d/mlb-hooks.conf.dpkg-old', 'old');
  assert.equal(readMachine(directory).machine.dnsmasq, 'main\nours');
  mkdirSync(join(directory, 'folder'));
  symlinkSync('../../folder', join(directory, 'etc/dnsmasq.d/link'));
  const { machine, warnings } = readMachine(directory);
  assert.equal(machine.dnsmasq, undefined);
  assert.match(warnings[0]?.message ?? '', /dnsmasq\.d\/link: EISDIR/);
});
