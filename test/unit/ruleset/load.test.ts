import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config, NftLine, NftObject } from '../../../src/model.ts';
import { countRules, renderLoad, renderUpdate } from '../../../src/ruleset/load.ts';
import { renderRuleset } from '../../../src/ruleset/ruleset.ts';
import { NO_FACTS, sampleConfig, samplePolicy } from '../../helpers/samples.ts';

const ruleset = { build: 'ab', living: [1, 2] };

const configOf = async (...froms: readonly string[]): Promise<Config> => ({
  ...(await sampleConfig('id = 1\nname = "a"\ndevice = "w1"', 'id = 2\nname = "b"\ndevice = "w2"')),
  policies: froms.map((from, index) => samplePolicy({ name: `p${index}`, from: [from], use: [[1], [2]] })),
});

/** What a listing of the loaded table would show. */
const listingOf = async (config: Config, marker: string): Promise<NftObject[]> => {
  const commands = renderRuleset(config, ruleset, NO_FACTS);
  const counts = countRules(commands);
  const objects = commands.flatMap(({ kind, name }): NftObject[] => {
    if (kind === 'flush' || kind === 'element' || kind === 'rule') return [];
    return [kind === 'chain' ? { kind, name, rules: counts.get(name) ?? 0 } : { kind, name }];
  });
  return [...objects, { kind: 'counter', name: marker }];
};

const load = async (config: Config, present: readonly NftObject[]) =>
  renderLoad(renderRuleset(config, ruleset, NO_FACTS), ruleset, present);

const texts = (lines: readonly NftLine[]): string[] => lines.map(({ text }) => text);

test('the first load is one transaction, with the marker last', async () => {
  const { prepare, load: main, clean } = await load(await configOf('10.0.0.1'), []);
  assert.deepEqual([prepare, clean], [[], []]);
  assert.deepEqual(texts(main).slice(0, 2), ['add table inet mlb_hooks', 'flush table inet mlb_hooks']);
  assert.equal(main.at(-1)?.text, 'add counter inet mlb_hooks loaded_ab_6');
});

test('the same load again touches no map of policies, and its own marker stays', async () => {
  const config = await configOf('10.0.0.1');
  const { prepare, load: main, clean } = await load(config, await listingOf(config, 'loaded_ab_6'));
  assert.deepEqual([prepare, clean], [[], []]);
  assert.deepEqual(
    texts(main).filter((text) => /match_/.test(text) && !text.startsWith('add rule')),
    [],
  );
  assert.deepEqual(
    texts(main).filter((text) => text.startsWith('delete')),
    [],
  );
});

test('a new map of policies comes a transaction before the rules, the old one goes in one after', async () => {
  const before = await listingOf(await configOf('10.0.0.1'), 'loaded_0d_6');
  const { prepare, load: main, clean } = await load(await configOf('10.0.0.1', '10.0.0.2'), before);
  assert.ok(texts(prepare).includes('add chain inet mlb_hooks policy_p1'));
  assert.ok(texts(prepare).some((text) => /^add map \S+ \S+ match_/.test(text)));
  assert.ok(texts(prepare).some((text) => /^add element \S+ \S+ match_.*policy_p1/.test(text)));
  assert.ok(!texts(prepare).some((text) => /^(add rule|flush|delete)/.test(text)));
  assert.ok(!texts(main).some((text) => /^add (map|element) \S+ \S+ match_/.test(text)));
  assert.ok(texts(main).includes('delete counter inet mlb_hooks loaded_0d_6'));
  assert.equal(texts(clean).filter((text) => /^delete map \S+ \S+ match_/.test(text)).length, 1);
});

test('a policy that is gone leaves nothing behind', async () => {
  const before = await listingOf(await configOf('10.0.0.1', '10.0.0.2'), 'loaded_0d_6');
  const { clean } = await load(await configOf('10.0.0.1'), before);
  for (const rest of ['delete chain inet mlb_hooks policy_p1', 'delete counter inet mlb_hooks policy_p1'])
    assert.ok(texts(clean).includes(rest), rest);
  const order = texts(clean).map((text) => text.split(' ')[1]);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => ORDER.indexOf(a ?? '') - ORDER.indexOf(b ?? '')),
  );
});

const ORDER = ['map', 'set', 'chain', 'counter', 'ct'];

test('counters are never deleted while they are of use', async () => {
  const config = await configOf('10.0.0.1');
  const { load: main, clean } = await load(config, await listingOf(config, 'loaded_0d_2'));
  const deleted = [...texts(main), ...texts(clean)].filter((text) => text.startsWith('delete'));
  assert.deepEqual(deleted, ['delete counter inet mlb_hooks loaded_0d_2']);
});

test('an update changes the elements that differ, between two markers', async () => {
  const config = await configOf('10.0.0.1');
  const lines = texts(renderUpdate(config, ruleset, { build: 'ab', living: [2] }));
  assert.equal(lines[0], 'delete counter inet mlb_hooks loaded_ab_6');
  assert.match(lines[1] ?? '', /^delete element inet mlb_hooks pool_[0-9a-f]{8} \{ ipv4 \}$/);
  assert.match(lines[2] ?? '', /^add element inet mlb_hooks pool_[0-9a-f]{8} \{ ipv4 : goto mark_2 \}$/);
  assert.equal(lines[3], 'add counter inet mlb_hooks loaded_ab_4');
  assert.equal(lines.length, 4);
});

test('each line about a policy says so', async () => {
  const commands = renderRuleset(await configOf('10.0.0.1'), ruleset, NO_FACTS);
  for (const { text, about } of commands)
    if (/policy_p0/.test(text) && !/^add chain/.test(text)) assert.equal(about, 'policy "p0"', text);
});
