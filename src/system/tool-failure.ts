import type { ToolResult } from '../model.ts';
import { stripControl } from './strip-control.ts';
import { TOOL_DIRS } from './tool-path.ts';

/**
 * Says in one line what went wrong with a tool that ended with anything but status 0: what was run, the cause, and
 * the remedy where there is a known one. Safe to print, and bounded in length.
 */
export const describeFailure = (tool: string, args: readonly string[], result: ToolResult): string =>
  `${stripControl([tool, ...args].join(' '), COMMAND_LIMIT)}: ${causeOf(tool, result)}`;

/** Most characters of the command and of what the tool said. */
const COMMAND_LIMIT = 120;
const STDERR_LIMIT = 300;

/** The cause alone, and the remedy. */
export const causeOf = (tool: string, result: ToolResult): string => {
  if (result.errorCode !== undefined) return notRun(tool, result.errorCode);
  if (result.status === null) return 'was ended by a signal; run it again';
  const said = stripControl(result.stderr.trim(), STDERR_LIMIT);
  const failed = said === '' ? `failed with status ${result.status} and said nothing` : said;
  return /operation not permitted|permission denied/i.test(said) ? `${failed}; run this as root` : failed;
};

/** The codes are errno names as Node reports them, errno(3). */
const notRun = (tool: string, code: string): string => {
  switch (code) {
    case 'ENOENT':
      return `not found (looked in ${TOOL_DIRS.join(', ')}); ${install(tool)}`;
    case 'EACCES':
      return `cannot be executed (EACCES); check the mode of its file, or ${install(tool, 'again')}`;
    case 'ETIMEDOUT':
      return 'gave no answer in time and was killed; run it by hand to see what it waits for';
    case 'ENOBUFS':
      return 'printed more than can be read; the table is too big for this program';
    case 'EAGAIN':
    case 'ENOMEM':
      return `could not be started (${code}): no memory or too many processes; free some and run it again`;
    default:
      return `could not be run (${code})`;
  }
};

/** The Debian packages of the tools that we start. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  ss: 'iproute2',
  flock: 'util-linux',
  nft: 'nftables',
  conntrack: 'conntrack',
  ping: 'iputils-ping',
  socat: 'socat',
  'systemd-notify': 'systemd',
};

const install = (tool: string, again?: 'again'): string => {
  const name = PACKAGES[tool];
  const what = name === undefined ? `the package that has ${tool}` : `the Debian package ${name}`;
  return again === undefined ? `install ${what}` : `install ${what} again`;
};
