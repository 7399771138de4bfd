import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { RULESET_EDITION } from '../../../src/config/constants.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { chosenIds } from '../../../src/ruleset/pools.ts';
import { renderRuleset } from '../../../src/ruleset/ruleset.ts';
import { NO_FACTS } from '../../helpers/samples.ts';

const folder = join(import.meta.dirname, '../../rulesets');

/** The shares of a pool are another test's: here they would only be long. */
const shorten = (text: string): string =>
  text.replace(/^(add element \S+ \S+ \S+) \{ (?:(\S+ : goto \w+), ){4,}.*$/, '$1 { … }');

for (const name of readdirSync(folder)) {
  test(`the ruleset ${name} is what it was, or has another edition`, async () => {
    const config = await parseConfig(readFileSync(join(folder, name, 'config.toml'), 'utf8'));
    const smallMtus = name === 'small-lines' ? { 1: 1492, 2: 1480 } : {};
    const commands = renderRuleset(
      config,
      { build: 'b', living: chosenIds(config) },
      { ...NO_FACTS, smallMtus },
    );
    const text = [
      `# edition ${RULESET_EDITION}`,
      ...commands.map((command) => shorten(command.text)),
      '',
    ].join('\n');
    const file = join(folder, name, 'ruleset.nft');
    if (process.env.UPDATE === '1') writeFileSync(file, text);
    // A changed text needs a raised RULESET_EDITION: routers that have the old one loaded would not load the new one.
    assert.equal(text, readFileSync(file, 'utf8'));
  });
}
