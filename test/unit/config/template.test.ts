import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { getDefault } from 'valibot';
import { defaultHealth } from '../../../src/config/health.ts';
import { HealthToml, MonitorToml } from '../../../src/config/health-schema.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { PolicyToml } from '../../../src/config/policy-schema.ts';
import { SettingsToml, UplinkToml } from '../../../src/config/schema.ts';
import { readTargets } from '../../../src/config/targets.ts';

const template = readFileSync(new URL('../../../templates/config.toml', import.meta.url), 'utf8');
const [beforeSets = '', policies = ''] = template.split(/^(?=# Lists of addresses)/m);
const [withUplinks = '', health = '', monitor = ''] = beforeSets.split(/^\[(?:health|monitor)\]$/m);
const [head = '', first = '', ...others] = withUplinks.split(/^\[\[uplink\]\]$/m);

/** `key = value` and `# key = value` of a part of the template, by key. */
const linesOf = (part: string) =>
  new Map(
    [...part.matchAll(/^#? ?([a-z-]+) = ("[^"]*"|\[.*\]|[^\s#]+)/gm)].map(([, key = '', value = '']) => [
      key,
      value,
    ]),
  );

const parsed = (text: string): unknown =>
  text.startsWith('0x') ? Number.parseInt(text, 16) : (JSON.parse(text) as unknown);

/** The template with all of its comments taken away, read where the user proxy has the id 13. */
const uncommented = () =>
  parseConfig(template.replace(/^# ?(\[|[a-z-]+ = )/gm, '$1'), 'F', (name) =>
    name === 'proxy' ? 13 : undefined,
  );

test('the template is valid and has two PPPoE lines and a cable', async () => {
  const { uplinks, policies } = await parseConfig(template);
  assert.deepEqual(
    uplinks.map(({ name, device, weight }) => ({ name, device, weight })),
    [
      { name: 'dsl1', device: 'ppp0', weight: 1 },
      { name: 'dsl2', device: 'ppp1', weight: 2 },
      { name: 'cable', device: 'eth1', weight: 1 },
    ],
  );
  assert.deepEqual(policies, []);
});

test('the template is valid with all of its comments taken away', async () => {
  const { settings, uplinks } = await uncommented();
  assert.deepEqual(settings, (await parseConfig(template)).settings);
  assert.equal(uplinks.length, 4);
});

test('the example policies of the template mean what is said of them', async () => {
  const byName = new Map((await uncommented()).policies.map((policy) => [policy.name, policy]));
  assert.deepEqual([...byName.keys()], ['lab', 'mail', 'bank', 'voice', 'sip', 'squid']);
  assert.equal(byName.get('lab')?.use, 'main');
  const mail = byName.get('mail');
  assert.deepEqual([mail?.from, mail?.use, mail?.else], [['192.168.1.10', '192.168.1.11'], [[3]], 'reject']);
  assert.deepEqual(byName.get('bank')?.toDomains, ['bank.example', 'gov.br']);
  assert.deepEqual(byName.get('voice')?.dscp, [40, 46]);
  assert.deepEqual(byName.get('voice')?.use, [[3], [1, 2]]);
  assert.deepEqual(byName.get('sip')?.toPorts, [
    [5060, 5060],
    [10000, 20000],
  ]);
  assert.deepEqual(byName.get('squid')?.users, [13]);
});

test('each setting is in the template with its real default', () => {
  const shown = linesOf(head);
  assert.deepEqual([...shown.keys()], Object.keys(SettingsToml.entries));
  for (const [key, entry] of Object.entries(SettingsToml.entries))
    assert.deepEqual(parsed(shown.get(key) ?? ''), getDefault(entry), key);
});

test('each key of [health] and [monitor] is in the template, and those with a default with the real one', () => {
  for (const [part, schema] of [
    [health, HealthToml],
    [monitor, MonitorToml],
  ] as const) {
    const shown = linesOf(part);
    assert.deepEqual([...shown.keys()], Object.keys(schema.entries));
    for (const [key, entry] of Object.entries(schema.entries)) {
      const standard: unknown = getDefault(entry);
      if (standard !== undefined) assert.deepEqual(parsed(shown.get(key) ?? ''), standard, key);
    }
  }
});

test('the example of an uplink with other health checks than the rest means what is said of it', async () => {
  const { uplinks, monitor } = await uncommented();
  const [{ health: common } = assert.fail(), , { health: cable } = assert.fail()] = uplinks;
  assert.deepEqual(common, { ...defaultHealth(), maxRtt: 2000 });
  assert.deepEqual({ ...cable, targets: [] }, { ...common, interval: 2 });
  assert.deepEqual(
    cable.targets.map(({ kind, host, status }) => [kind, host, status]),
    [
      ['http', 'example.org', 204],
      ['ping', 'gateway', undefined],
    ],
  );
  assert.equal(monitor.metricsListen, '127.0.0.1:9917');
});

test('each target that the template explains is one', () => {
  const shown = health.split('\n').filter((line) => /^# {3,}\S|^# {20,}/.test(line));
  const targets = shown.flatMap((line) => [...line.matchAll(/"([^"]*)"/g)].map(([, text = '']) => text));
  assert.equal(targets.length, 8);
  assert.deepEqual(readTargets(targets).findings, []);
});

test('each key of an uplink is in the template, and those with a default with the real one', () => {
  const all = linesOf([first, ...others].join('\n').replace(/^# \[uplink\.health\](\n.+)+/m, ''));
  assert.deepEqual([...all.keys()].sort(), Object.keys(UplinkToml.entries).sort());
  for (const [key, entry] of Object.entries(UplinkToml.entries)) {
    const standard: unknown = getDefault(entry);
    if (standard !== undefined) assert.deepEqual(parsed(linesOf(first).get(key) ?? 'null'), standard, key);
  }
});

test('each key of a policy is explained in the template', () => {
  const explained = [...policies.matchAll(/^# {3}([a-z]\S*(?:, [a-z]\S*)?) {2,}/gm)].flatMap(
    ([, keys = '']) => keys.split(', '),
  );
  assert.deepEqual(explained, Object.keys(PolicyToml.entries));
});
