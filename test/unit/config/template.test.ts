import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { getDefault } from 'valibot';
import { parseConfig } from '../../../src/config/load.ts';
import { SettingsToml, UplinkToml } from '../../../src/config/schema.ts';

const template = readFileSync(new URL('../../../templates/config.toml', import.meta.url), 'utf8');
const [head = '', first = '', ...others] = template.split(/^\[\[uplink\]\]$/m);

/** `key = value` and `# key = value` of a part of the template, by key. */
const linesOf = (part: string) =>
  new Map(
    [...part.matchAll(/^#? ?([a-z-]+) = ("[^"]*"|[^\s#]+)/gm)].map(([, key = '', value = '']) => [
      key,
      value,
    ]),
  );

const parsed = (text: string): unknown =>
  text.startsWith('0x') ? Number.parseInt(text, 16) : (JSON.parse(text) as unknown);

test('the template is valid and has two PPPoE lines and a cable', async () => {
  const { uplinks } = await parseConfig(template);
  assert.deepEqual(
    uplinks.map(({ name, device, weight }) => ({ name, device, weight })),
    [
      { name: 'dsl1', device: 'ppp0', weight: 1 },
      { name: 'dsl2', device: 'ppp1', weight: 2 },
      { name: 'cable', device: 'eth1', weight: 1 },
    ],
  );
});

test('the template is valid with all of its comments taken away', async () => {
  const { settings, uplinks } = await parseConfig(template.replace(/^# ?(\[\[|[a-z-]+ = )/gm, '$1'));
  assert.deepEqual(settings, (await parseConfig(template)).settings);
  assert.equal(uplinks.length, 4);
});

test('each setting is in the template with its real default', () => {
  const shown = linesOf(head);
  assert.deepEqual([...shown.keys()], Object.keys(SettingsToml.entries));
  for (const [key, entry] of Object.entries(SettingsToml.entries))
    assert.deepEqual(parsed(shown.get(key) ?? ''), getDefault(entry), key);
});

test('each key of an uplink is in the template, and those with a default with the real one', () => {
  const all = linesOf([first, ...others].join('\n'));
  assert.deepEqual([...all.keys()].sort(), Object.keys(UplinkToml.entries).sort());
  for (const [key, entry] of Object.entries(UplinkToml.entries)) {
    const standard: unknown = getDefault(entry);
    if (standard !== undefined) assert.deepEqual(parsed(linesOf(first).get(key) ?? 'null'), standard, key);
  }
});
