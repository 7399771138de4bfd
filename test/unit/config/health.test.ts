import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultHealth } from '../../../src/config/health.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { only, problemsOf, SECOND, UPLINK } from './refusal.ts';

/** How the uplinks of a configuration are probed, in order. */
const healthsOf = async (text: string) => (await parseConfig(text)).uplinks.map(({ health }) => health);

test('every key of [health] and [monitor] reaches the program', async () => {
  const { uplinks, monitor } = await parseConfig(
    `[health]\ncheck = false\ntargets = ["192.0.2.1", "192.0.2.2"]\nneeded = 2\ninterval = 2\ntimeout = 1.5\ndown-after = 3\n` +
      'up-after = 4\nwindow = 60\nmax-loss = 50\nmax-rtt = 900\ndegraded-loss = 20\ndegraded-rtt = 300\n' +
      '[monitor]\nhold-limit = 60\nnotify-timeout = 5\nmetrics-file = "/run/mlb.prom"\nmetrics-listen = "localhost:9917"\n' +
      UPLINK,
  );
  assert.deepEqual(uplinks[0]?.health, {
    check: false,
    targets: [
      { text: '192.0.2.1', kind: 'ping', host: '192.0.2.1' },
      { text: '192.0.2.2', kind: 'ping', host: '192.0.2.2' },
    ],
    needed: 2,
    interval: 2,
    timeout: 1.5,
    downAfter: 3,
    upAfter: 4,
    window: 60,
    maxLoss: 50,
    maxRtt: 900,
    degradedLoss: 20,
    degradedRtt: 300,
  });
  assert.deepEqual(monitor, {
    holdLimit: 60,
    notifyTimeout: 5,
    metricsFile: '/run/mlb.prom',
    metricsListen: '127.0.0.1:9917',
  });
});

test('[uplink.health] is about its own uplink, key by key; even a default can be an exception', async () => {
  const own = '[uplink.health]\ninterval = 0.5\ntargets = []\n';
  const [first, second] = await healthsOf(
    `${UPLINK}${own}${SECOND}[health]\ninterval = 2\nneeded = 1\ntimeout = 3\ntargets = "192.0.2.1"\n`,
  );
  assert.deepEqual(first, { ...defaultHealth(), timeout: 3 });
  const targets = [{ text: '192.0.2.1', kind: 'ping', host: '192.0.2.1' }];
  assert.deepEqual(second, { ...defaultHealth(), interval: 2, timeout: 3, targets });
});

test('every bound of a number is the documented one', async () => {
  const bad = {
    needed: [0, 17, 1.5],
    interval: [0, 0.09, 3601, 'nan', 'inf', '"1"'],
    timeout: [0, 61],
    'down-after': [0, 101],
    'up-after': [0, 1001],
    window: [0.5, 36_001],
    'max-loss': [0, 101],
    'max-rtt': [1, 60_001],
    'degraded-loss': [0, 101],
    'degraded-rtt': [0, 60_001],
  };
  for (const [key, values] of Object.entries(bad))
    for (const value of values) {
      assert.match(await only(`[health]\n${key} = ${value}\n${UPLINK}`), /^2: \[health\]: .*: must be .*; /);
      assert.match(
        await only(`${UPLINK}[uplink.health]\n${key} = ${value}\n`),
        new RegExp(`^6: uplink "dsl1": ${key} = .*: must be .*; `),
      );
    }
  for (const line of ['hold-limit = 0', 'hold-limit = 86401', 'notify-timeout = 0', 'notify-timeout = 301'])
    assert.match(
      await only(`${UPLINK}[monitor]\n${line}\n`),
      /^6: \[monitor\]: .*: must be .*; leave it out/,
    );
  await parseConfig(`[health]\ninterval = 3600\nwindow = 36000\n${UPLINK}`);
});

test('each bad target is named at its own line, and the others are still looked at', async () => {
  assert.deepEqual(
    await problemsOf(
      `${UPLINK}[uplink.health]\ntargets = [\n  "gatway",\n  "192.0.2.1",\n  "tcp:192.0.2.1:0",\n  "192.0.2.1",\n]\n`,
    ),
    [
      '7: uplink "dsl1": targets = "gatway": has no host: an IPv4 address, a name with a dot, or gateway; did you mean "gateway"?',
      '9: uplink "dsl1": targets = "tcp:192.0.2.1:0": has no valid port, 1..65535; write for example "tcp:192.0.2.1:443"',
      '10: uplink "dsl1": targets = "192.0.2.1": is the same as "192.0.2.1"; remove one of the two',
    ],
  );
  assert.match(
    await only(`[health]\ntargets = "icmp:192.0.2.1"\n${UPLINK}${SECOND}`),
    /^2: \[health\]: targets = "icmp:192\.0\.2\.1": "icmp" is no way/,
  );
  assert.match(
    await only(`[health]\ntargets = 1\n${UPLINK}`),
    /^2: .* must be text in quotes, or a list of such/,
  );
});

test('an uplink has at most 16 targets', async () => {
  const targets = (count: number) =>
    `[health]\ntargets = ${JSON.stringify(Array.from({ length: count }, (_, index) => `192.0.2.${index + 1}`))}\n${UPLINK}`;
  assert.equal((await healthsOf(targets(16)))[0]?.targets.length, 16);
  assert.match(await only(targets(17)), /^2: \[health\]: targets = .*: has more than 16 targets; /);
});

test('no more targets can be needed than there are; without any there is the gateway', async () => {
  assert.equal(
    await only(`[health]\nneeded = 2\n${UPLINK}${SECOND}`),
    '2: [health]: needed = 2: 2 targets cannot answer, because only the gateway is asked; ' +
      'write needed = 1, or more targets',
  );
  assert.match(
    await only(`[health]\nneeded = 3\ntargets = ["192.0.2.1", "192.0.2.2"]\n${UPLINK}`),
    /^2: .*needed = 3: 3 targets cannot answer, because there are only 2; write needed = 2, or more/,
  );
  await parseConfig(`[health]\nneeded = 2\ntargets = ["192.0.2.1", "192.0.2.2"]\n${UPLINK}`);
});

test('values that do not fit are said of the uplink whose exception it is, else once of [health]', async () => {
  const own = '[uplink.health]\ntargets = ["192.0.2.1", "192.0.2.2"]\n';
  await parseConfig(`[health]\nneeded = 2\n${UPLINK}${own}`);
  assert.equal(
    await only(`[health]\nneeded = 2\n${UPLINK}${own}${SECOND}[uplink.health]\ntargets = "192.0.2.1"\n`),
    '14: uplink "dsl2": targets = ["192.0.2.1"]: 2 targets cannot answer, because there is only one; ' +
      'write needed = 1, or more targets',
  );
  assert.match(
    await only(`[health]\nneeded = 2\n${UPLINK}${own}${SECOND}[uplink.health]\ninterval = 1\n`),
    /^2: \[health\]: needed = 2: /,
  );
  const other = '[uplink.health]\ninterval = 1\n';
  assert.match(
    await only(`[health]\nneeded = 2\n${UPLINK}${other}${SECOND}${other}`),
    /^2: \[health\]: needed = 2: /,
  );
});

test('a window holds at least ten questions', async () => {
  assert.equal(
    await only(`[health]\ninterval = 3.5\n${UPLINK}`),
    '2: [health]: interval = 3.5: a window of 30 s has less than 10 probes at intervals of 3.5 s; ' +
      'write window = 35, or a shorter interval',
  );
  assert.match(
    await only(`[health]\nwindow = 4.9\n${UPLINK}`),
    /^2: \[health\]: window = 4\.9: .*window = 5, or/,
  );
  await parseConfig(`[health]\ninterval = 3\n${UPLINK}`);
  await parseConfig(`[health]\nwindow = 5\n${UPLINK}`);
});

test('a line is degraded before it is dead', async () => {
  assert.equal(
    await only(`[health]\nmax-loss = 5\n${UPLINK}`),
    '2: [health]: max-loss = 5: a line that is dead at 5 % cannot be degraded at 10 %; write degraded-loss = 5 or less',
  );
  assert.match(
    await only(`[health]\ndegraded-loss = 61\n${UPLINK}`),
    /^2: .*degraded-loss = 61: .* dead at 60 %/,
  );
  assert.equal(
    await only(`[health]\nmax-rtt = 500\n${UPLINK}`),
    '2: [health]: max-rtt = 500: a line that is dead at 500 ms cannot be degraded at 500 ms; ' +
      'write degraded-rtt = 250, for instance',
  );
  await parseConfig(`[health]\nmax-loss = 10\nmax-rtt = 501\n${UPLINK}`);
});

test('a value that is wrong by itself is not compared with others', async () => {
  assert.match(
    await only(`[health]\ninterval = 5\nwindow = "long"\n${UPLINK}`),
    /^3: .*window = "long": must be/,
  );
  assert.match(
    await only(`[health]\nwindow = 100\n${UPLINK}[uplink.health]\ninterval = -1\n`),
    /^8: uplink "dsl1": interval = -1: must be/,
  );
});

test('keys of health checks and of the monitor know their place', async () => {
  const below = 'move it below [health], or below an [uplink.health] that ends the uplink which it is about';
  assert.equal(
    await only(`${UPLINK}interval = 2\n`),
    `5: uplink "dsl1": interval = 2: belongs to health checks and stands inside an uplink; ${below}`,
  );
  assert.equal(
    await only(`[settings]\ntargets = ["gateway"]\n${UPLINK}`),
    `2: targets = ["gateway"]: belongs to health checks and stands inside [settings]; ${below}`,
  );
  assert.equal(
    await only(`[settings]\nmetrics-file = "/run/x.prom"\n${UPLINK}`),
    '2: metrics-file = "/run/x.prom": belongs to the monitor and stands inside [settings]; move it below [monitor]',
  );
  assert.match(
    await only(`${UPLINK}[health]\nall-dead = "drop"\n`),
    /^6: \[health\]: all-dead = "drop": is a setting and stands inside \[health\]; move it below \[settings\]/,
  );
  assert.match(
    await only(`${UPLINK}[monitor]\ninterval = 2\n`),
    /^6: \[monitor\]: interval = 2: belongs to health checks and stands inside \[monitor\]/,
  );
  assert.equal(
    await only(`${UPLINK}[uplink.health]\nweight = 2\n`),
    '6: uplink "dsl1": weight = 2: belongs to an uplink and stands inside [uplink.health]; ' +
      'move it above [uplink.health], which ends the uplink',
  );
});

test('an unknown key or table names the nearest known one', async () => {
  assert.equal(
    await only(`${UPLINK}[uplink.health]\nintervall = 2\n`),
    '6: uplink "dsl1": intervall = 2: is not a known key; did you mean interval?',
  );
  assert.match(await only(`${UPLINK}[uplink.helth]\n`), /^5: .*helth: .*did you mean \[uplink\.health\]\?$/);
  assert.match(await only(`[helth]\n${UPLINK}`), /^1: helth: .*did you mean \[health\]\?$/);
  assert.match(await only(`${UPLINK}[monitr]\n`), /^5: monitr: .*did you mean \[monitor\]\?$/);
  assert.match(
    await only(`${UPLINK}intervall = 2\n`),
    /did you mean interval, which belongs below \[health\]\?$/,
  );
});

test('tables that are none, or lists, have messages of their own', async () => {
  assert.match(await only(`[[health]]\n${UPLINK}`), /^1: \[\[health\]\] is a list; write \[health\], once$/);
  assert.match(
    await only(`monitor = true\n${UPLINK}`),
    /^1: monitor = true: is not a table; write a header line/,
  );
  assert.equal(
    await only(`${UPLINK}health = false\n`),
    '5: uplink "dsl1": health = false: is not a table; write a header line [uplink.health]',
  );
  assert.equal(
    await only(`${UPLINK}[[uplink.health]]\n`),
    '5: uplink "dsl1": [[uplink.health]] is a list; write [uplink.health], once for each uplink',
  );
});

test('metrics are told to this host alone, and to a file that the collector reads', async () => {
  const listen = (text: string) => `[monitor]\nmetrics-listen = ${text}\n${UPLINK}`;
  for (const good of ['"127.0.0.1:1"', '"127.255.0.9:65535"']) await parseConfig(listen(good));
  for (const bad of ['"0.0.0.0:9917"', '"192.168.1.1:9917"'])
    assert.match(
      await only(listen(bad)),
      /^2: \[monitor\]: .* is not an address of this host alone \(127\.0\.0\.1\): everybody could read it; write for example metrics-listen = "127\.0\.0\.1:9917", or leave it out$/,
    );
  for (const bad of ['"9917"', '":9917"', '"router:9917"', '""'])
    assert.match(await only(listen(bad)), /must be an address of this host and a port; /, bad);
  for (const bad of ['"127.0.0.1"', '"127.0.0.1:0"', '"localhost:65536"'])
    assert.match(
      await only(listen(bad)),
      /has no valid port, 1\.\.65535; |must be an address of this host/,
      bad,
    );
  assert.match(await only(listen('"[::1]:9917"')), /is IPv6, and only IPv4 is supported yet; /);
  assert.match(await only(listen('9917')), /metrics-listen = 9917: must be text in quotes; /);
  const file = (text: string) => `[monitor]\nmetrics-file = ${JSON.stringify(text)}\n${UPLINK}`;
  assert.match(
    await only(file('mlb.prom')),
    /metrics-file = "mlb\.prom": must be an absolute path; write for/,
  );
  for (const bad of ['/run/mlb', '/run/mlb.prom/', '/run/.prom'])
    assert.match(await only(file(bad)), /must end in \.prom: the collector reads nothing else; /, bad);
  assert.match(await only(file('/run/\u0007.prom')), /has a control character; /);
});
