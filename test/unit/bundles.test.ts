import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

interface Meta {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, unknown>> }>>;
}

/** Written by the build: which source files every bundle holds. */
const meta = JSON.parse(readFileSync(join(import.meta.dirname, '../../dist/meta.json'), 'utf8')) as Meta;

/** Source files that are in a bundle. */
const filesOf = (bundle: string): string[] => {
  const output = Object.entries(meta.outputs).find(([path]) => path.endsWith(`/${bundle}.cjs`))?.[1];
  assert.ok(output !== undefined, `dist/meta.json does not know ${bundle}.cjs: build first`);
  return Object.keys(output.inputs);
};

/** Packages whose files are in a bundle. */
const packagesOf = (bundle: string): Set<string> => {
  const names = filesOf(bundle).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return new Set(names.filter((name) => name !== undefined));
};

const COMMANDS_ONLY = ['commander', 'execa', 'cli-table3', 'picocolors'];

for (const hook of ['ip-up', 'ip-down', 'if-up', 'if-down']) {
  test(`${hook} holds what a hook needs and nothing of the commands`, () => {
    const packages = packagesOf(hook);
    for (const wanted of ['valibot', 'smol-toml']) assert.ok(packages.has(wanted), wanted);
    for (const unwanted of [...COMMANDS_ONLY, 'pino', 'toml-eslint-parser', 'proper-lockfile'])
      assert.ok(!packages.has(unwanted), `${unwanted} is in ${hook}.cjs`);
  });
}

test('what a hook does for one of our devices is loaded only then', () => {
  const packages = packagesOf('apply-event');
  assert.ok(packages.has('proper-lockfile'));
  for (const unwanted of [...COMMANDS_ONLY, 'pino']) assert.ok(!packages.has(unwanted), unwanted);
});

test('the log and the position parser are files of their own, loaded when they are needed', () => {
  assert.ok(packagesOf('log').has('pino'));
  assert.ok(packagesOf('positions').has('toml-eslint-parser'));
});

test('the text of the ruleset is a file of its own, loaded by a run that changes the ruleset', () => {
  assert.ok(filesOf('ruleset').includes('src/ruleset/ruleset.ts'));
  for (const bundle of ['ip-up', 'if-down', 'apply-event', 'mlb-hooks'])
    for (const file of ['fill', 'load', 'ruleset', 'policies'])
      assert.ok(!filesOf(bundle).includes(`src/ruleset/${file}.ts`), `${file}.ts is in ${bundle}.cjs`);
});

test('commands run tools through execa and read arguments with commander', () => {
  const packages = packagesOf('mlb-hooks');
  assert.ok(packages.has('execa') && packages.has('commander'));
});
