import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const templates = fileURLToPath(new URL('../../../templates', import.meta.url));

/** A new folder for one test, removed when the test's process ends. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mlb-hooks-install-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

process.setMaxListeners(0);

/**
 * A folder as the build leaves it, with the real templates and starter, and `hook` as the text of all its programs.
 * Without the build, so that these tests know what runs.
 */
export const programFolder = (version: string, hook = "'use strict';\n"): string => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'VERSION'), `${version}\n`);
  for (const name of ['ip-up', 'ip-down', 'if-up', 'if-down', 'mlb-hooks']) {
    writeFileSync(join(folder, `${name}.cjs`), hook);
  }
  cpSync(templates, join(folder, 'templates'), { recursive: true });
  renameSync(join(folder, 'templates/start.cjs'), join(folder, 'start.cjs'));
  if (!existsSync(join(folder, 'templates/config.toml')))
    writeFileSync(join(folder, 'templates/config.toml'), '');
  return folder;
};

/** Puts a file with this text and mode below `root`, and the folders above it. */
export const plant = (root: string, path: string, text: string, mode = 0o755): string => {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text, { mode });
  return file;
};
