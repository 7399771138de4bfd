import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChangeOfState } from '../../../src/notify/facts.ts';

/** A change that has all facts. */
export const change = (fields: Partial<ChangeOfState> = {}): ChangeOfState => ({
  uplink: { id: 1, name: 'dsl1', device: 'ppp0' },
  state: 'dead',
  previous: 'up',
  reason: 'no answer from 192.0.2.1',
  addresses: ['192.0.2.7', '192.0.2.8'],
  gateway: '192.0.2.1',
  loss: 1,
  rtt: null,
  jitter: null,
  working: ['cable', 'lte'],
  at: '2026-01-02T03:04:05.000Z',
  ...fields,
});

/** A folder for executables, removed when the test's process ends. */
export const folder = (parent: string = tmpdir()): string => {
  const path = mkdtempSync(join(parent, 'mlb-hooks-notify-'));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
};

/** Puts a file with this text and mode into a folder. */
export const put = (directory: string, name: string, text: string | Buffer, mode = 0o755): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};

/** The text of a file, or nothing. */
export const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** Whether a process is there and has not ended: a container's first process may leave dead ones lying about. */
export const isAlive = (pid: number): boolean => !/^(|.*\) [ZX] .*)$/s.test(textOf(`/proc/${pid}/stat`));
