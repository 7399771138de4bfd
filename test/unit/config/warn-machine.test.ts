import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nftsetLines } from '../../../src/config/dnsmasq.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { machineWarnings } from '../../../src/config/warn-machine.ts';
import type { Policy, Rule, Settings } from '../../../src/model.ts';
import { samplePolicy, sampleRule } from '../../helpers/samples.ts';

const CONFIG = await parseConfig('[[uplink]]\nid = 1\nname = "dsl1"\ndevice = "ppp0"\n');

const config = (policies: readonly Policy[], helpers: Settings['helpers'] = []) => ({
  ...CONFIG,
  settings: { ...CONFIG.settings, helpers },
  policies,
});

const messages = (...args: Parameters<typeof machineWarnings>): string[] =>
  machineWarnings(...args).map(({ message, remedy }) => `${message}; ${remedy}`);

test('a kernel that forwards nothing is warned of', () => {
  assert.deepEqual(messages(CONFIG, [], { forwarding: false }), [
    'net.ipv4.ip_forward = 0: the kernel forwards nothing, so only the router itself has uplinks; if others are to ' +
      'use them: echo net.ipv4.ip_forward=1 >/etc/sysctl.d/router.conf && sysctl --system',
  ]);
  assert.deepEqual(messages(CONFIG, [], { forwarding: true }), []);
  assert.deepEqual(messages(CONFIG, [], {}), []);
});

test('a reload of nftables that takes our table away is warned of', () => {
  const [warning, ...others] = messages(CONFIG, [], { nftables: '#!/usr/sbin/nft -f\n\nflush ruleset\n' });
  assert.match(
    warning ?? '',
    /^\/etc\/nftables\.conf has "flush ruleset": .*; flush your own tables by name/,
  );
  assert.deepEqual(others, []);
  assert.deepEqual(messages(CONFIG, [], { nftables: '# flush ruleset\nflush table inet filter\n' }), []);
});

test('a package that is missing is warned of, with what does not work', () => {
  assert.deepEqual(messages(CONFIG, [], { missingPackages: ['nftables', 'conntrack'] }), [
    'nftables is not installed: connections do not keep their uplink, policies are not kept, and nothing is ' +
      'masqueraded; apt install nftables',
    'conntrack is not installed: connections of a dead line hang until they time out; apt install conntrack',
  ]);
  assert.deepEqual(messages(CONFIG, [], { missingPackages: [] }), []);
});

test('a program that asks targets is missed only where something is to ask', async () => {
  const [first, second] = [
    '[[uplink]]\nid = 1\nname = "a"\ndevice = "eth1"\n',
    '[[uplink]]\nid = 2\nname = "b"\ndevice = "eth2"\n',
  ];
  const missing = async (text: string) =>
    messages(await parseConfig(text), [], { missingPackages: ['iputils-ping', 'socat'] });
  const ping = (names: string) =>
    `iputils-ping is not installed: health checks learn nothing from targets of ${names}; apt install iputils-ping`;
  const socat = (names: string) =>
    `socat is not installed: health checks learn nothing from targets of ${names}; apt install socat`;
  assert.deepEqual(await missing(first + second), [ping('"a", "b"')], 'the gateway is pinged');
  assert.deepEqual(await missing(`[health]\ncheck = false\n${first}${second}`), []);
  const web = '[uplink.health]\ntargets = "https://example.org/"\n';
  assert.deepEqual(await missing(`${first}${web}${second}`), [ping('"b"'), socat('"a"')]);
  assert.deepEqual(await missing(`[health]\ntargets = ["192.0.2.1", "tcp:192.0.2.1:80"]\n${first}`), [
    ping('"a"'),
    socat('"a"'),
  ]);
});

test('a helper whose NAT module is not there is warned of', () => {
  const wanted = config([], ['ftp', 'snmp', 'sip', 'sane', 'netbios-ns']);
  const modules = new Set(['nf_nat_sip', 'nf_conntrack_ftp']);
  assert.deepEqual(messages(wanted, [], { modules }), [
    'helpers: "ftp" needs module nf_nat_ftp behind NAT, and nothing loads it by itself; ' +
      'echo nf_nat_ftp >>/etc/modules-load.d/mlb-hooks.conf && modprobe nf_nat_ftp',
    'helpers: "snmp" needs module nf_nat_snmp_basic behind NAT, and nothing loads it by itself; ' +
      'echo nf_nat_snmp_basic >>/etc/modules-load.d/mlb-hooks.conf && modprobe nf_nat_snmp_basic',
  ]);
  assert.deepEqual(messages(wanted, [], {}), [], 'a kernel without modules may have it');
});

test('domains that dnsmasq is not told of are warned of, policy by policy', () => {
  const bank = samplePolicy({ name: 'bank', toDomains: ['gov.br', 'edu.br', 'com.br'] });
  const remedy =
    'mlb-hooks dnsmasq | sudo tee /etc/dnsmasq.d/mlb-hooks.conf && sudo systemctl restart dnsmasq';
  const known = nftsetLines([bank]).join('\n');
  assert.deepEqual(messages(config([bank, samplePolicy()]), [], { dnsmasq: '' }), [
    `policy "bank": no address of gov.br and 2 more is learned, because dnsmasq is not told to; ${remedy}`,
  ]);
  assert.deepEqual(messages(config([bank]), [], { dnsmasq: known.replace('/edu.br', '') }), [
    `policy "bank": no address of edu.br is learned, because dnsmasq is not told to; ${remedy}`,
  ]);
  assert.deepEqual(messages(config([bank]), [], { dnsmasq: known }), []);
  assert.deepEqual(messages(config([bank]), [], {}), [], 'what was not read is not judged');
});

const mail = samplePolicy({ name: 'mail', else: 'reject' });
const above = (rule: Partial<Rule>, policies = [mail]): string[] =>
  messages(config(policies), [sampleRule({ protocol: 3, priority: 5270, table: 52, ...rule })], {
    defaults: new Set([52, 254]),
  });

test("a VPN's rule above ours is warned of where a policy promises to refuse", () => {
  const warning =
    'rule 5270 (lookup 52) answers before the marks of policies: what else = "reject" of "mail" should refuse leaves ' +
    'by the default route of table 52; if that must not be, let that program use a priority above 20090';
  assert.deepEqual(above({}), [warning]);
  assert.deepEqual(
    above({ mark: { value: 0xca6c, mask: 0xffffffff }, foreign: true }),
    [warning],
    'wg-quick',
  );
  assert.deepEqual(above({}, [samplePolicy()]), [], 'no such promise');
});

test('rules behind ours, of the system, without a default route or for some packets only are not', () => {
  const quiet: Partial<Rule>[] = [
    { protocol: 77 },
    { priority: 20001 },
    { table: 254 },
    { table: 53 },
    { from: '10.0.0.0/8' },
    { to: '10.0.0.0/8' },
    { oif: 'eth0' },
    { suppressPrefixLength: 0 },
    { mark: { value: 0x80000, mask: 0xff0000 } },
    { foreign: true },
  ];
  for (const rule of quiet) assert.deepEqual(above(rule), [], JSON.stringify(rule));
});
