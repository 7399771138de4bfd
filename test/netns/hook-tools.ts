import type { Router } from './router.ts';
import { DIST } from './sandbox.ts';

/** A line of the log, as far as tests look at it. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly hook?: string;
  readonly event?: string;
  readonly device?: string;
  readonly changed?: number;
  readonly working?: readonly string[];
  readonly [field: string]: unknown;
}

/** All lines of the log; each must be one JSON object. */
export const logOf = (router: Router): LogLine[] =>
  router
    .sh('cat /var/log/mlb-hooks.log 2>/dev/null || true')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): LogLine => JSON.parse(line));

/** The last line of the log; there must be one. */
export const lastLine = (router: Router): LogLine => {
  const line = logOf(router).at(-1);
  if (line === undefined) throw new Error('the log is empty');
  return line;
};

/** What the log says in warnings and errors. */
export const complaintsOf = (router: Router): string[] =>
  logOf(router)
    .filter(({ level }) => level === 'warn' || level === 'error')
    .map(({ msg }) => msg);

/** State of every uplink by name, as `status` tells it. */
export const statesOf = (router: Router): Record<string, string> => {
  const { stdout, stderr } = router.mlb('status --json');
  if (stderr !== '') throw new Error(`status: ${stderr}`);
  const { uplinks }: { uplinks: readonly { name: string; state: string }[] } = JSON.parse(stdout);
  return Object.fromEntries(uplinks.map(({ name, state }) => [name, state]));
};

/** Devices of the balance table's best default, sorted. */
export const balanced = (router: Router): string[] => {
  const shown = router.sh('ip -j route show table 7700 metric 10 2>/dev/null || true').trim();
  const [route] = JSON.parse(shown === '' ? '[]' : shown) as { dev?: string; nexthops?: { dev: string }[] }[];
  const members = route?.nexthops?.map(({ dev }) => dev) ?? [route?.dev ?? ''];
  return members.filter((device) => device !== '').sort();
};

/** A hook as a shell command, for scripts that start several or kill one; `exec` makes its pid the hook's own. */
export const hookCommand = (name: string, args: string, env = ''): string =>
  `env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ${env} ${process.execPath} ${DIST}/start.cjs ${name} ${args}`;

/** The hook for a ppp device that went or came, as a shell command. */
export const pppCommand = (phase: 'up' | 'down', device: string, env = ''): string =>
  hookCommand(`ip-${phase}`, `${device} /dev/null 0 '' ''`, env);

/** The hook for an ethernet device that went or came, as a shell command. */
export const ethernetCommand = (phase: 'up' | 'down', device: string): string =>
  hookCommand(`if-${phase}`, '', `IFACE=${device} ADDRFAM=inet METHOD=static`);

/** Files of the run directory, without those of the lock. */
export const leftOvers = (router: Router): string[] =>
  router.sh('ls /run/mlb-hooks/events 2>/dev/null || true').split('\n').filter(Boolean);

/** Hides programs, as if their packages were not installed; the second script shows them again. */
export const hideTools = (...tools: readonly string[]): { readonly hide: string; readonly show: string } => ({
  hide: [
    ...['/usr/bin', '/usr/sbin'].map((folder) => {
      const at = `/run/hidden${folder.replaceAll('/', '-')}`;
      const layers = `lowerdir=${folder},upperdir=${at}/up,workdir=${at}/work`;
      return `mkdir -p ${at}/up ${at}/work && mount -t overlay -o ${layers} overlay ${folder}`;
    }),
    `rm -f ${tools.flatMap((tool) => [`/usr/bin/${tool}`, `/usr/sbin/${tool}`]).join(' ')}`,
  ].join(' && '),
  // Lazily: the shell that says this runs from there.
  show: 'umount -l /usr/bin /usr/sbin; rm -rf /run/hidden-usr-bin /run/hidden-usr-sbin',
});
