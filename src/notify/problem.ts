import { stripControl } from '../system/strip-control.ts';
import type { ChangeOfState } from './facts.ts';
import type { Ending } from './run-script.ts';

/** Most characters of what an executable said. */
const SAID_LIMIT = 300;

/** What went wrong with an executable of notify.d, with cause and remedy; undefined when nothing did. */
export const problemOf = (
  path: string,
  { uplink, state }: ChangeOfState,
  ending: Ending,
  timeoutSeconds: number,
): string | undefined => {
  const cause = causeOf(ending, timeoutSeconds);
  if (cause === undefined) return undefined;
  return stripControl(`${path}: told that ${uplink.name} is ${state}, it ${cause}`);
};

const causeOf = (ending: Ending, timeoutSeconds: number): string | undefined => {
  const { status, signal, ended, errorCode } = ending;
  if (errorCode !== undefined) return `could not be started (${errorCode}); ${startRemedy(errorCode)}`;
  if (ended === 'stopped') return undefined;
  if (ended === 'late')
    return `or something that it started had not ended after ${timeoutSeconds} s, and all of it was killed${said(ending)}; let it do less, or raise notify-timeout in [monitor]`;
  if (signal !== null) return `was ended by ${signal}${said(ending)}; run it by hand to see why`;
  if (status !== 0) return `failed with status ${status}${said(ending)}; run it by hand to see why`;
  return undefined;
};

const said = (ending: Ending): string => {
  const line = stripControl(ending.said.trim(), SAID_LIMIT);
  return line === '' ? '' : `: ${line}`;
};

/** The codes are errno names, errno(3). */
const startRemedy = (errorCode: string): string => {
  switch (errorCode) {
    case 'ENOENT':
      return 'its first line names an interpreter that is not there';
    case 'EACCES':
      return 'its file system is mounted noexec, or its interpreter cannot be executed';
    case 'EAGAIN':
    case 'ENOMEM':
      return 'no memory or too many processes: free some';
    default:
      return 'run it by hand to see why';
  }
};
