import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCase } from '../helpers/golden.ts';

const CASES = join(import.meta.dirname, '../cases');

/** `UPDATE=1` rewrites what is expected; the diff then says what changed. */
const UPDATE = process.env.UPDATE === '1';

const names = readdirSync(CASES, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

test('there are golden cases', () => assert.ok(names.length > 0));

for (const name of names.sort())
  test(name.replaceAll('-', ' '), async () => {
    const folder = join(CASES, name);
    const expected = join(folder, 'plan.txt');
    const actual = `${await runCase(folder)}\n`;
    if (UPDATE) writeFileSync(expected, actual);
    assert.ok(existsSync(expected), `${name}: no plan.txt; write it by hand, or with UPDATE=1 and read it`);
    assert.equal(actual, readFileSync(expected, 'utf8'));
  });
