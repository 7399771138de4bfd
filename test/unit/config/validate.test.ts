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

test('the mask has adjacent bits, enough of them, and not the reserved one', async () => {
  const mask = (value: string, id = 1) =>
    `[settings]\nmark-mask = ${value}\n${UPLINK.replace('id = 1', `id = ${id}`)}`;
  for (const good of ['0x1', '0xff0000', '0x80000000', '0x3fffffff']) await parseConfig(mask(good));
  await parseConfig(mask('0x3f00', 62));
  assert.match(await only(mask('0')), /has no bit/);
  assert.match(await only(mask('0x5')), /mark-mask = 0x5: has a hole/);
  assert.match(
    await only(mask('0x1f00', 32)),
    /has room for the ids 1\.\.31 only, but there is an uplink with id 32/,
  );
  assert.match(await only(mask('0xc0000000')), /contains the reserved bit 0x40000000/);
  assert.match(await only(mask('0x100000000')), /must be 0\.\.4294967295/);
});
