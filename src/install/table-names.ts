import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_KERNEL_PROTOCOL } from '../config/constants.ts';
import type { Config } from '../model.ts';
import { MARKER, occupantOf } from './marker.ts';
import { placeFile } from './place.ts';

/**
 * Where ip-route(8) looks for names besides its own files: `*.conf` in the `.d` folders below /etc/iproute2, with the
 * built-in names kept. One line that it cannot read makes every call of `ip` complain.
 */
export const TABLE_NAMES_FILE = '/etc/iproute2/rt_tables.d/mlb-hooks.conf';
export const PROTOCOL_NAMES_FILE = '/etc/iproute2/rt_protos.d/mlb-hooks.conf';

const header = `# ${MARKER}; \`mlb-hooks apply\` writes it anew from the configuration\n`;

/** The names of our tables, for `ip route show table NAME`: `balance`, and each uplink's own by its name. */
export const renderTableNames = ({ settings, uplinks }: Config): string => {
  const own = uplinks.map(({ id, name }) => `${settings.tableBase + id}\t${name}\n`);
  return `${header}${settings.tableBase}\tbalance\n${own.join('')}`;
};

/** The name of our protocol, for `ip route show proto mlb-hooks`. */
export const renderProtocolName = ({ settings }: Config): string =>
  `${header}${settings.protocol}\tmlb-hooks\n`;

/**
 * The protocol number of the last valid configuration that was applied or installed, from the file that
 * `renderProtocolName` made; undefined when there is none, or when it is not exactly what we write.
 */
export const readProtocol = (root = ''): number | undefined => {
  const path = join(root, PROTOCOL_NAMES_FILE);
  if (occupantOf(path) !== 'ours') return undefined;
  const found = /^#[^\n]*\n([1-9][0-9]{0,2})\tmlb-hooks\n$/.exec(readFileSync(path, 'utf8'));
  const protocol = Number(found?.[1] ?? 0);
  return protocol > MAX_KERNEL_PROTOCOL && protocol <= 255 ? protocol : undefined;
};

/**
 * Brings both files up to date with the configuration, where `install` has put them; elsewhere it does nothing.
 * Returns the paths that changed. Throws the errors of node:fs.
 */
export const writeTableNames = (config: Config, root = ''): string[] =>
  [
    { path: TABLE_NAMES_FILE, text: renderTableNames(config) },
    { path: PROTOCOL_NAMES_FILE, text: renderProtocolName(config) },
  ]
    .filter(({ path }) => occupantOf(join(root, path)) === 'ours')
    .filter(({ path, text }) => placeFile(join(root, path), text, 0o644))
    .map(({ path }) => path);

/** Why names cannot be kept up to date, a line for each file of somebody else's in their place. */
export const nameObstacles = (root = ''): string[] =>
  [TABLE_NAMES_FILE, PROTOCOL_NAMES_FILE]
    .map((path) => join(root, path))
    .filter((path) => occupantOf(path) === 'foreign')
    .map(
      (path) =>
        `${path}: mlb-hooks did not install it and leaves it; move it away, then run mlb-hooks install`,
    );

/** What `install` writes when there is no valid configuration yet: no names, and the place for them. */
export const noNames = header;
