import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND_LINK, CONFIG_FILE, LIB_DIR } from '../system/paths.ts';
import { MARKER } from './marker.ts';
import { PROTOCOL_NAMES_FILE, TABLE_NAMES_FILE } from './table-names.ts';

/** A file that `install` puts in place. Paths are those of the installed system, without `--root`. */
export interface InstalledFile {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}

/** The monitor's unit. Where no systemd runs the file lies there and does nothing. */
export const SERVICE_FILE = '/etc/systemd/system/mlb-hooks.service';

/** The link that says which version runs. */
export const CURRENT_LINK = `${LIB_DIR}/current`;

/** The folders that `install` made because they were missing, one a line: `uninstall` removes them when empty. */
export const FOLDERS_FILE = `${LIB_DIR}/folders`;

/** pppd's `.local` scripts, the only files that may be somebody else's and kept (`--chain`). */
export const LOCAL_SCRIPTS = ['/etc/ppp/ip-up.local', '/etc/ppp/ip-down.local'] as const;

/** Where a foreign `.local` script waits for `uninstall`; the stub runs it from there. */
export const keptName = (script: string): string => `${script}.mlb-hooks-kept`;

/** Where an installed file's text comes from. */
interface Source extends Omit<InstalledFile, 'content'> {
  readonly template: string;
  /** One template serves two hooks, which differ by little more than this name. */
  readonly hook?: string;
}

/** The files that do not depend on the configuration. */
const sources: readonly Source[] = [
  { path: COMMAND_LINK, mode: 0o755, template: 'launcher' },
  { path: `${CONFIG_FILE}.example`, mode: 0o644, template: 'config.toml' },
  { path: '/etc/logrotate.d/mlb-hooks', mode: 0o644, template: 'mlb-hooks.logrotate' },
  { path: SERVICE_FILE, mode: 0o644, template: 'mlb-hooks.service' },
  { path: '/etc/ppp/ip-up.local', mode: 0o755, template: 'ppp.local', hook: 'ip-up' },
  { path: '/etc/ppp/ip-down.local', mode: 0o755, template: 'ppp.local', hook: 'ip-down' },
  { path: '/etc/network/if-up.d/mlb-hooks', mode: 0o755, template: 'ifupdown', hook: 'if-up' },
  { path: '/etc/network/if-down.d/mlb-hooks', mode: 0o755, template: 'ifupdown', hook: 'if-down' },
];

/** Every path that must be free or ours before anything is written. */
export const INSTALLED_PATHS: readonly string[] = [
  ...sources.map(({ path }) => path),
  TABLE_NAMES_FILE,
  PROTOCOL_NAMES_FILE,
];

/** The hooks alone: they go first at uninstall, so that no event puts back what `flush` takes away. */
export const HOOK_PATHS: readonly string[] = INSTALLED_PATHS.filter((path) =>
  /^\/etc\/(ppp|network)\//.test(path),
);

/** The files with their text from the folder `templates`, naming the Node binary `node` (a real path). */
export const installedFiles = (templates: string, node: string): InstalledFile[] =>
  sources.map(({ path, mode, template, hook = '' }) => {
    const text = forHook(readFileSync(join(templates, template), 'utf8'), hook).replaceAll('@NODE@', () =>
      quoted(node),
    );
    const content = text.includes(MARKER) ? text : `# ${path}, ${MARKER}: an example to copy from\n${text}`;
    return { path, mode, content };
  });

/** Lines of a template that one of its hooks alone gets. */
const ONLY = /^#@only (\S+)\n(.*?)^#@end\n/gms;

/** A template's text as `hook` gets it: its name, its lines, and none of the other hook's. */
const forHook = (template: string, hook: string): string =>
  template
    .replace(ONLY, (_block, only: string, lines: string) => (only === hook ? lines : ''))
    .replaceAll('@HOOK@', hook);

/** A word of the shell: sh(1), single quotes. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
