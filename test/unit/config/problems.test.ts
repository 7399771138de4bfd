import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultHealth, defaultMonitor } from '../../../src/config/health.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { only, problemsOf, UPLINK } from './refusal.ts';

test('an uplink of three lines is a whole configuration, by the defaults', async () => {
  const expected: Config = {
    settings: {
      tableBase: 7700,
      priorityBase: 20000,
      markMask: 0x3f000000,
      protocol: 77,
      mainRoutes: 'copy',
      lockWait: 10,
      log: 'info',
      qdiscReplace: false,
      sfqPerturb: 10,
      abortConnections: true,
      allDead: 'keep',
      degraded: 'deprefer',
      balance: 'multipath',
      helpers: [],
      mainDestinations: ['169.254.0.0/16', '224.0.0.0/4', '255.255.255.255'],
    },
    uplinks: [
      {
        id: 1,
        name: 'dsl1',
        device: 'ppp0',
        weight: 1,
        tier: 1,
        qdisc: 'prio-sfq',
        masquerade: 'private',
        clampMss: true,
        health: defaultHealth(),
      },
    ],
    policies: [],
    monitor: defaultMonitor(),
  };
  assert.deepEqual(await parseConfig(UPLINK), expected);
});

test('every key reaches the program, in camel case and in its unit', async () => {
  const { settings, uplinks } = await parseConfig(
    `[settings]\ntable-base = 200\nmark-mask = 0xff00\nmain-routes = "rule"\nbalance = "source"\nhelpers = ["sip", "ftp"]\n${UPLINK}` +
      'weight = 256\ntier = 62\nqdisc = "cake"\nupload = "1.5mbit"\ngateway = "192.0.2.1"\nqdisc-replace = true\n' +
      'masquerade = "all"\nclamp-mss = false\n',
  );
  assert.equal(settings.tableBase, 200);
  assert.equal(settings.markMask, 0xff00);
  assert.equal(settings.mainRoutes, 'rule');
  assert.equal(settings.balance, 'source');
  assert.deepEqual(settings.helpers, ['sip', 'ftp']);
  assert.deepEqual(uplinks, [
    {
      id: 1,
      name: 'dsl1',
      device: 'ppp0',
      weight: 256,
      tier: 62,
      qdisc: 'cake',
      upload: 1_500_000,
      gateway: '192.0.2.1',
      qdiscReplace: true,
      masquerade: 'all',
      clampMss: false,
      health: defaultHealth(),
    },
  ]);
});

test('a value out of range is named with its line, uplink, value, bounds and default', async () => {
  assert.equal(
    await only(`${UPLINK}weight = 300\n`),
    '5: uplink "dsl1": weight = 300: must be 1..256; ' +
      'leave it out for the default, weight = 1, or choose another value',
  );
});

test('every bound of a number is the documented one', async () => {
  for (const line of ['weight = 0', 'weight = 257', 'weight = 1.5', 'weight = "2"', 'tier = 0', 'tier = 63'])
    assert.match(await only(`${UPLINK}${line}\n`), /^5: uplink "dsl1": (weight|tier) = .*: must be /);
  for (const line of ['protocol = 4', 'protocol = 256', 'lock-wait = 0', 'sfq-perturb = -1', 'log = "loud"'])
    assert.match(await only(`[settings]\n${line}\n${UPLINK}`), /^2: .* = .*: must be /);
  for (const id of [0, 63])
    assert.match(await only(UPLINK.replace('id = 1', `id = ${id}`)), /^2: .*must be 1\.\.62/);
  await parseConfig(
    `[settings]\nprotocol = 5\n${UPLINK.replace('id = 1', 'id = 62')}weight = 256\ntier = 62\n`,
  );
});

test('all problems come at once, in the order of the file', async () => {
  const problems = await problemsOf(
    `weight = 1\n[settings]\nprotocol = 4\nmark-mask = 5\n${UPLINK}tier = 99\nupload = 900\n${UPLINK}colour = 1\n`,
  );
  assert.deepEqual(
    problems.map((line) => line.split(': must')[0]?.split(': is')[0]?.split(': has')[0]),
    [
      '1: weight = 1: belongs to an uplink and stands above any header; move it below the [[uplink]] that it is about',
      '3: protocol = 4',
      '4: mark-mask = 0x5',
      '9: uplink "dsl1": tier = 99',
      '10: uplink "dsl1": upload = 900',
      '12: uplink "dsl1": id = 1',
      '13: uplink "dsl1": name = "dsl1"',
      '14: uplink "dsl1": device = "ppp0"',
      '15: uplink "dsl1": colour = 1',
    ],
  );
});

test('a missing key is asked for at the header of its uplink', async () => {
  assert.deepEqual(await problemsOf(`${UPLINK}[[uplink]]\nid = 2\n`), [
    '5: [[uplink]] number 2: name is missing; write for example name = "dsl1"',
    '5: [[uplink]] number 2: device is missing; write for example device = "ppp0"',
  ]);
});

test('an unknown key names the nearest known one, and where that belongs', async () => {
  assert.equal(
    await only(`${UPLINK}wieght = 2\n`),
    '5: uplink "dsl1": wieght = 2: is not a known key; did you mean weight?',
  );
  assert.match(await only(`[settings]\ntable_base = 2\n${UPLINK}`), /did you mean table-base\?$/);
  assert.match(
    await only(`${UPLINK}tableBase = 2\n`),
    /did you mean table-base, which belongs below \[settings\]\?$/,
  );
  assert.match(
    await only(`[setings]\n${UPLINK}`),
    /^1: setings: is not a known key; did you mean \[settings\]\?$/,
  );
  assert.match(await only(`${UPLINK}zzzzzz = 2\n`), /known here: id, name, device, weight/);
  assert.match(await only(`${UPLINK}constructor = 2\n`), /constructor = 2: is not a known key/);
});

test('a key that belongs to another table is named as misplaced', async () => {
  assert.equal(
    await only(`${UPLINK}log = "debug"\n`),
    '5: uplink "dsl1": log = "debug": is a setting and stands inside an uplink; ' +
      'move it below [settings] and above the first [[uplink]]',
  );
  assert.equal(
    await only(`[settings]\nweight = 2\n${UPLINK}`),
    '2: weight = 2: belongs to an uplink and stands inside [settings]; ' +
      'move it below the [[uplink]] that it is about',
  );
  assert.match(
    await only(`log = "debug"\n${UPLINK}`),
    /^1: log = "debug": is a setting and stands above any header/,
  );
});

test('keys of policies know their place, and those that several tables have stay where they are', async () => {
  assert.equal(
    await only(`${UPLINK}use = "dsl1"\n`),
    '5: uplink "dsl1": use = "dsl1": belongs to a policy and stands inside an uplink; ' +
      'move it below the [[policy]] that it is about',
  );
  assert.equal(
    await only(`to-ports = [25, "1000-2000"]\n${UPLINK}`),
    '1: to-ports = [25, "1000-2000"]: belongs to a policy and stands above any header; ' +
      'move it below the [[policy]] that it is about',
  );
  const policy = `${UPLINK}[[policy]]\nname = "mail"\nuse = "dsl1"\n`;
  assert.equal(
    await only(`${policy}weight = 2\n`),
    '8: policy "mail": weight = 2: belongs to an uplink and stands inside a policy; ' +
      'move it below the [[uplink]] that it is about',
  );
  assert.match(
    await only(`${policy}balance = "random"\n`),
    /^8: policy "mail": balance = "random": is a setting/,
  );
  assert.match(await only(`${policy}dspc = "ef"\n`), /^8: .*is not a known key; did you mean dscp\?$/);
  assert.match(
    await only(`${UPLINK}[[polcy]]\nname = "mail"\nuse = "dsl1"\n`),
    /^5: polcy: .*did you mean \[\[policy\]\]\?$/,
  );
  assert.match(
    await only(`${policy}[sets]\nfrom = "10.0.0.0/8"\n`),
    /^9: \[sets\]: from = .*: belongs to a policy and stands inside \[sets\]/,
  );
  await parseConfig(`${policy}log = true\n`);
});

test('[uplink] with single brackets, no uplink and odd shapes have messages of their own', async () => {
  const header = '1: [uplink] is a single table; write [[uplink]], with two brackets, above each uplink';
  assert.equal(await only(UPLINK.replace('[[uplink]]', '[uplink]')), header);
  assert.equal(await only(UPLINK.replace('[[uplink]]', '[uplink.dsl1]')), header);
  assert.equal(
    await only(`${UPLINK}[policy]\nname = "mail"\nuse = "dsl1"\n`),
    '5: [policy] is a single table; write [[policy]], with two brackets, above each policy',
  );
  assert.match(
    await only(`policy = 1\n${UPLINK}`),
    /^1: policy = 1: is not a list of tables; write \[\[policy/,
  );
  const none = ' names no uplink; add an [[uplink]] with id, name and device';
  assert.equal(await only(''), none);
  assert.equal(await only('uplink = []'), none);
  assert.match(await only('uplink = ["ppp0"]'), /^1: uplink = \["ppp0"\]: is not a list of tables/);
  assert.match(
    await only(`[[settings]]\n${UPLINK}`),
    /^1: \[\[settings\]\] is a list; write \[settings\], once/,
  );
  assert.match(
    await only(`${UPLINK}[[sets]]\na = "10.0.0.0/8"\n`),
    /^5: \[\[sets\]\] is a list; write \[sets/,
  );
  assert.match(
    await only(`sets = "@lan"\n${UPLINK}`),
    /^1: sets = "@lan": is not a table; write a header line/,
  );
});

test('a syntax error comes alone, with line and column', async () => {
  assert.match(
    await only(`[settings]\nprotocol = 4\nlog = debug\n${UPLINK}`),
    /^3:7: not valid TOML: invalid value; /,
  );
  assert.match(await only('[settings]\n[settings]\n'), /^2:\d+: not valid TOML: trying to redefine/);
});

test('control characters of the file never reach the terminal', async () => {
  const problems = await problemsOf(`${UPLINK}"\\u001b[2J" = "\\u001b[2J"\nqdisc = "\\u0007"\n`);
  assert.equal(problems.length, 2);
  assert.deepEqual(
    [...problems.join('')].filter((character) => character < ' '),
    [],
  );
});
