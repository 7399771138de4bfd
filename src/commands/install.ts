import { join, resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import { install } from '../install/install.ts';
import type { Config } from '../model.ts';
import { CONFIG_FILE } from '../system/paths.ts';

export interface InstallArguments {
  readonly root?: string;
  readonly chain?: boolean;
  /** Folder of the built program: the bundle's own. */
  readonly from: string;
  /** Node binary of the hooks; default: the one that runs this. */
  readonly node?: string;
}

/** `mlb-hooks install`: returns the lines to print. Throws UserError when it must not be done. */
export const installCommand = async ({
  root,
  chain = false,
  from,
  node,
}: InstallArguments): Promise<string[]> => {
  const lines: string[] = [];
  const below = rootFolder(root);
  const found = await configOrReason(join(below, CONFIG_FILE));
  install({
    root: below,
    chain,
    from,
    ...(node !== undefined && { node }),
    ...('config' in found && { config: found.config }),
    log: (line) => lines.push(line),
  });
  if (lines.length === 0) lines.push('everything was in place already');
  if ('reason' in found)
    lines.push(`${found.reason}\nnext: write it, then mlb-hooks check and mlb-hooks apply`);
  return lines;
};

/** `--root DIR` as an absolute path without a slash at its end; empty for the running system. */
export const rootFolder = (root: string | undefined): string =>
  root === undefined || resolve(root) === '/' ? '' : resolve(root);

/** A missing or broken configuration is no reason not to install: it is often written afterwards. */
const configOrReason = async (file: string): Promise<{ config: Config } | { reason: string }> => {
  try {
    return { config: await loadConfig(file) };
  } catch (error) {
    return { reason: messageOf(error) };
  }
};
