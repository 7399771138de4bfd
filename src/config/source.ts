import { statSync } from 'node:fs';
import { CONFIG_FILE } from '../system/paths.ts';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';

/**
 * A configuration that is read again only if its file was changed since. `uidOf` knows the users of this machine; by
 * default one who is not there makes the file invalid.
 */
export const configSource = (
  file: string = CONFIG_FILE,
  uidOf?: (name: string) => number | undefined,
): (() => Promise<Config>) => {
  let known: { readonly config: Config; readonly print: string } | undefined;
  return async () => {
    const print = fingerprint(file);
    if (known?.print !== print) known = { config: await loadConfig(file, uidOf), print };
    return known.config;
  };
};

/** Taken before reading: a file that is swapped meanwhile has another one at the next look. */
const fingerprint = (file: string): string => {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined
    ? ''
    : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
};
