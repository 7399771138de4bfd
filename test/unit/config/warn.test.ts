import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/load.ts';
import { peersOptions } from '../../../src/config/ppp.ts';
import { configWarnings } from '../../../src/config/warn.ts';
import type { Rule } from '../../../src/model.ts';

const CONFIG = await parseConfig(
  '[[uplink]]\nid = 1\nname = "dsl1"\ndevice = "ppp0"\n[[uplink]]\nid = 2\nname = "cable"\ndevice = "eth1"\n',
);

const peers = (text: string, file = '/etc/ppp/peers/dsl') => peersOptions({ file, text });
const rule = (values: Partial<Rule>): Rule => ({
  family: 4,
  priority: 32765,
  protocol: 3,
  table: 51820,
  foreign: false,
  ...values,
});
const messages = (...args: Parameters<typeof configWarnings>) =>
  configWarnings(...args).map(({ message, remedy }) => `${message}; ${remedy}`);

test('unit and ifname fix the device, the last word counts, comments and quoted words do not', () => {
  assert.equal(peers('unit 3\n').device, 'ppp3');
  assert.equal(peers('plugin rp-pppoe.so eth0\nifname "dsl"\n').device, 'dsl');
  assert.equal(peers('unit 1\nunit 2').device, 'ppp2');
  assert.equal(peers('# unit 1\nuser x#y # ifname z\n').device, undefined);
  assert.equal(peers('connect "/bin/chat -v unit 1"\n').device, undefined);
  assert.equal(peersOptions({ file: 'F', text: 'user x' }, 'unit 4').device, 'ppp4');
});

test('the last word about the default route counts, also over /etc/ppp/options', () => {
  assert.equal(peers('defaultroute').defaultRoute, 'defaultroute');
  assert.equal(peers('replacedefaultroute\ndefaultroute').defaultRoute, 'replacedefaultroute');
  assert.equal(peers('replacedefaultroute').defaultRoute, undefined);
  assert.equal(peers('defaultroute\nnodefaultroute').defaultRoute, undefined);
  assert.equal(peersOptions({ file: 'F', text: 'nodefaultroute' }, 'defaultroute').defaultRoute, undefined);
  assert.equal(peersOptions({ file: 'F', text: 'user x' }, 'defaultroute').defaultRoute, 'defaultroute');
});

test('a ppp uplink whose name no peers file fixes is warned of', () => {
  assert.deepEqual(messages(CONFIG, [], [peers('user me\n')]), [
    'uplink "dsl1": /etc/ppp/peers/dsl has neither "unit" nor "ifname", so that after a redial its line may ' +
      'not be called ppp0; if it dials this uplink, add: unit 0',
  ]);
  assert.deepEqual(
    messages(CONFIG, [], [peers('unit 0\n'), peers('defaultroute', '/etc/ppp/peers/provider')]),
    [],
  );
  assert.deepEqual(messages(CONFIG, [], []), []);
});

test('a peers file of an uplink that writes a default route is warned of', () => {
  const [warning, ...more] = messages(CONFIG, [], [peers('unit 0\ndefaultroute\n')]);
  assert.match(
    warning ?? '',
    /^\/etc\/ppp\/peers\/dsl: "defaultroute": pppd writes .* main.*; write nodefaultroute/,
  );
  assert.deepEqual(more, []);
  const replaced = messages(CONFIG, [], [peers('unit 0\ndefaultroute\nreplacedefaultroute\n')]);
  assert.match(replaced.join(), /"replacedefaultroute": pppd takes away the default route of table main/);
  assert.deepEqual(messages(CONFIG, [], [peers('unit 7\ndefaultroute\n')]), []);
});

test("a VPN's rule behind the balance rule is reported with the priority-base that puts it in front", () => {
  assert.deepEqual(messages(CONFIG, [rule({ priority: 30000, foreign: true })], []), [
    "rule 30000 (lookup 51820) is bypassed: mlb-hooks' rule 20900 answers before it while any uplink works; " +
      "if it should win, as a VPN's must: priority-base = 29101",
  ]);
  assert.match(messages(CONFIG, [rule({ priority: 32765 })], []).join(), /priority-base = 31865$/);
});

test('a rule for a mark is bypassed like any other, unless its priority is before ours', () => {
  const mark = { value: 0xca6c, mask: 0xffffffff };
  assert.match(messages(CONFIG, [rule({ mark })], []).join(), /^rule 32765 \(lookup 51820\) is bypassed/);
  assert.deepEqual(messages(CONFIG, [rule({ mark, priority: 5210 })], []), []);
});

test('rules of ours, of the system, elsewhere or for some traffic only are not reported', () => {
  const quiet: Partial<Rule>[] = [
    { protocol: 77 },
    { protocol: 77, mark: { value: 0x1000000, mask: 0x3f000000 } },
    { priority: 20900 },
    { priority: 32766 },
    { priority: 5270 },
    { table: 254, suppressPrefixLength: 0 },
    { table: 253 },
    { from: '10.0.0.0/8' },
    { to: '10.0.0.0/8' },
    { oif: 'eth0' },
  ];
  for (const values of quiet)
    assert.deepEqual(messages(CONFIG, [rule(values)], []), [], JSON.stringify(values));
});

test("another program's protocol number and a limit without a queue are warned of", async () => {
  const config = await parseConfig(
    '[settings]\nprotocol = 16\n[[uplink]]\nid = 1\nname = "a"\ndevice = "eth1"\nqdisc = "none"\nupload = "1mbit"\n',
  );
  const [protocol, upload, ...more] = messages(config, [], []);
  assert.match(protocol ?? '', /^protocol = 16: is the number of DHCP clients, .*; leave it out/);
  assert.match(upload ?? '', /^uplink "a": upload limits nothing, because qdisc = "none"/);
  assert.deepEqual(more, []);
});
