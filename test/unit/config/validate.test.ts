import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/load.ts';
import { only, SECOND, UPLINK } from './refusal.ts';

test('ids, names and devices are unique, and a name is no other device', async () => {
  assert.equal(
    await only(UPLINK + SECOND.replace('id = 2', 'id = 1')),
    '6: uplink "dsl2": id = 1: is already the id of uplink "dsl1"; give it a free one, such as id = 2',
  );
  assert.match(
    await only(UPLINK + SECOND.replace('dsl2', 'dsl1')),
    /^7: .*is already the name of another uplink/,
  );
  assert.equal(
    await only(UPLINK + SECOND.replace('ppp1', 'ppp0')),
    '8: uplink "dsl2": device = "ppp0": is already the device of uplink "dsl1"; ' +
      'give each uplink its own device: two uplinks on one device are not supported yet',
  );
  assert.match(await only(UPLINK.replace('dsl1', 'ppp1') + SECOND), /^3: .*is the device of uplink "dsl2"/);
  await parseConfig(UPLINK.replace('dsl1', 'ppp0') + SECOND);
});

test('the tables keep clear of 0, 253..255 and the end of 32 bits', async () => {
  const base = (value: number) => `[settings]\ntable-base = ${value}\n${UPLINK}${SECOND}`;
  for (const good of [1, 250, 256, 0xffffffff - 2]) await parseConfig(base(good));
  assert.match(await only(base(0)), /^2: table-base = 0: the tables 0\.\.2 .* include 0/);
  for (const bad of [251, 253, 255]) assert.match(await only(base(bad)), /include some of 253\.\.255/);
  assert.match(await only(base(0xffffffff - 1)), /do not fit into the kernel's 32 bits/);
});

test('the priorities stay between 1 and 32765', async () => {
  const base = (value: number) => `[settings]\npriority-base = ${value}\n${UPLINK}`;
  for (const good of [200, 31865]) await parseConfig(base(good));
  assert.match(await only(base(199)), /^2: priority-base = 199: its rules start 199 below it/);
  assert.equal(
    await only(base(31866)),
    '2: priority-base = 31866: its last rule, 32766, would reach 32766, the system\'s own "lookup main"; ' +
      'choose 200..31865; the default is 20000',
  );
});

test('the mask has adjacent bits, one value more than there are ids, and not those of policies and probes', async () => {
  const mask = (value: string, id = 1) =>
    `[settings]\nmark-mask = ${value}\n${UPLINK.replace('id = 1', `id = ${id}`)}`;
  for (const good of ['0x3', '0xff0000', '0x30000000', '0x3fffffff']) await parseConfig(mask(good));
  await parseConfig(mask('0x3f00', 62));
  assert.match(await only(mask('0')), /has no bit/);
  assert.match(await only(mask('0x5')), /mark-mask = 0x5: has a hole/);
  assert.match(
    await only(mask('0x80000000')),
    /has one bit only: no bit set .* all bits set mean table main/,
  );
  await parseConfig(mask('0x1f00', 30));
  assert.match(
    await only(mask('0x1f00', 31)),
    /has room for the ids 1\.\.30 only, but there is an uplink with id 31/,
  );
  assert.match(
    await only(mask('0x60000000')),
    /contains 0x40000000, the bit of policies with else = "reject"; choose adjacent/,
  );
  assert.match(await only(mask('0xc0000000')), /contains 0x80000000, the bit of the monitor's probes;/);
  assert.match(await only(mask('0x100000000')), /must be 0\.\.4294967295/);
});

test('destinations of main are networks, each once and in ascending order', async () => {
  const kept = (...prefixes: string[]) =>
    `[settings]\nmain-destinations = ${JSON.stringify(prefixes)}\n${UPLINK}`;
  const { settings } = await parseConfig(kept('224.0.0.0/4', '10.1.2.3/32', '10.0.0.0/24'));
  assert.deepEqual(settings.mainDestinations, ['10.0.0.0/24', '10.1.2.3', '224.0.0.0/4']);
  assert.deepEqual((await parseConfig(kept())).settings.mainDestinations, []);
  assert.equal(
    await only(kept('10.0.0.0/8', '0.0.0.0/0')),
    '2: main-destinations = "0.0.0.0/0": is every address; leave it out',
  );
  assert.match(await only(kept('default')), /is every address/);
  assert.equal(
    await only(kept('10.0.0.0/8', '10.0.0.0/8')),
    '2: main-destinations = "10.0.0.0/8": is the same as "10.0.0.0/8"; remove one of the two',
  );
  assert.match(await only(kept('10.0.0.1/8')), /is an address inside 10\.0\.0\.0\/8, not a network/);
  assert.match(await only(`[settings]\nmain-destinations = [1]\n${UPLINK}`), /^2: .* must be text in quotes/);
});

test('helpers are those of the kernel, each once', async () => {
  const helpers = (list: string) => `[settings]\nhelpers = ${list}\n${UPLINK}`;
  assert.match(
    await only(helpers('["ftpd"]')),
    /^2: helpers = \["ftpd"\]: must be "amanda" or "ftp" or .*; leave it out/,
  );
  assert.equal(
    await only(helpers('["sip", "ftp", "ftp"]')),
    '2: helpers = ["sip", "ftp", "ftp"]: names "ftp" twice; ' +
      'leave it out for the default, helpers = [], or choose another value',
  );
  assert.match(await only(helpers('"ftp"')), /^2: helpers = "ftp": must be a list;/);
});

test('modes and masquerading are words that are known', async () => {
  assert.match(
    await only(`[settings]\nbalance = "fair"\n${UPLINK}`),
    /^2: balance = "fair": must be "multipath" or "random" or .* "failover"; leave it out/,
  );
  assert.match(
    await only(`${UPLINK}masquerade = true\n`),
    /^5: .*masquerade = true: must be "private" or "all" or "none"/,
  );
  assert.match(await only(`${UPLINK}clamp-mss = 1400\n`), /^5: .*clamp-mss = 1400: must be true or false/);
});
