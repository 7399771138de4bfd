import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { messageOf, UserError } from '../errors.ts';
import type { LinkEvent } from '../model.ts';
import { RUN_DIR } from './paths.ts';
import { codeOf, ensureRunDir } from './run-dir.ts';
import {
  isRecord,
  oneOf,
  readAddress,
  readCount,
  readDevice,
  readFields,
  readId,
  readSession,
} from './shape.ts';
import { replaceFile } from './write-file.ts';

/** An event that waits to be applied, and the name of its file without `.json`. */
export interface SpooledEvent {
  readonly id: string;
  readonly event: LinkEvent;
}

/**
 * Puts an event where whoever holds the lock finds it, before the lock is asked for: the event is not lost then
 * if its hook gives up or is killed. Returns its id, CLOCK_MONOTONIC nanoseconds and process id, so that ids sort
 * by time whatever the wall clock does.
 * A UserError if it cannot be written (disk full, read-only): go on and apply the event directly.
 */
export const spoolEvent = (event: LinkEvent, runDir: string = RUN_DIR): string => {
  ensureRunDir(runDir);
  const directory = eventsIn(runDir);
  const id = `${String(process.hrtime.bigint()).padStart(20, '0')}-${process.pid}`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    replaceFile(`${directory}/${id}.json`, `${directory}/${id}.tmp`, `${JSON.stringify(event)}\n`);
    return id;
  } catch (thrown) {
    throw new UserError(
      `${directory}/${id}.json: the event cannot be spooled: ${messageOf(thrown)}`,
      'check the space left there; an event that comes while another hook works may be lost until then',
    );
  }
};

/** The events that wait, oldest first. Files that hold no event are left out: sweepSpool takes them away. */
export const readSpool = (runDir: string = RUN_DIR): SpooledEvent[] =>
  filesOf(runDir)
    .map(parseName)
    .filter((name) => name?.kind === 'json')
    .flatMap((name) => {
      const event = name && readEvent(`${eventsIn(runDir)}/${name.id}.json`);
      return name && event ? [{ id: name.id, event }] : [];
    })
    .sort((one, other) => (one.id < other.id ? -1 : 1));

/**
 * Takes events away that were applied. Returns the ids that are still there, because the file system refused:
 * do not wait for those, nor read the spool again and again for them.
 */
export const removeSpooled = (ids: Iterable<string>, runDir: string = RUN_DIR): string[] =>
  [...ids].filter((id) => !isRemoved(`${eventsIn(runDir)}/${id}.json`));

/** Whether an event still waits to be applied. */
export const isSpooled = (id: string, runDir: string = RUN_DIR): boolean =>
  existsSync(`${eventsIn(runDir)}/${id}.json`);

/**
 * Takes away what can never become an event: garbage, and what a hook that was killed while writing left more than
 * a minute ago. Returns how many files went. Only the holder of the lock may call it.
 */
export const sweepSpool = (runDir: string = RUN_DIR): number => {
  const directory = eventsIn(runDir);
  return filesOf(runDir).filter((file) => isGarbage(directory, file) && isRemoved(`${directory}/${file}`))
    .length;
};

const eventsIn = (runDir: string): string => `${runDir}/events`;

const filesOf = (runDir: string): string[] => {
  try {
    return readdirSync(eventsIn(runDir));
  } catch {
    // No event yet, or a directory that nobody can read: then spoolEvent has said so.
    return [];
  }
};

const parseName = (file: string): { id: string; kind: string } | undefined => {
  const [, id, kind] = /^([0-9]{20}-[0-9]+)\.(json|tmp)$/.exec(file) ?? [];
  return id === undefined || kind === undefined ? undefined : { id, kind };
};

const MINUTE = 60_000_000_000n;

const isGarbage = (directory: string, file: string): boolean => {
  const name = parseName(file);
  if (name?.kind === 'json') return readEvent(`${directory}/${file}`) === undefined;
  if (name === undefined) return true;
  const age = process.hrtime.bigint() - BigInt(name.id.slice(0, 20));
  // A time to come was written before a reboot, in a /run that outlived it.
  return age < 0n || age > MINUTE;
};

/** rmSync is for what is no file: it costs a hook milliseconds, because Node loads it when it is first used. */
const isRemoved = (path: string): boolean => {
  try {
    unlinkSync(path);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return true;
    return codeOf(thrown) === 'EISDIR' && isFolderRemoved(path);
  }
};

const isFolderRemoved = (path: string): boolean => {
  try {
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
};

const readEvent = (path: string): LinkEvent | undefined => {
  try {
    return parseEvent(JSON.parse(readFileSync(path, 'utf8')));
  } catch (thrown) {
    // Gone meanwhile, or cut short.
    if (thrown instanceof SyntaxError || codeOf(thrown) !== undefined) return undefined;
    throw thrown;
  }
};

/** Source, phase and device make an event; any other part that is not what it should be is left out of it. */
const parseEvent = (value: unknown): LinkEvent | undefined => {
  if (!isRecord(value)) return undefined;
  const { source, phase, device, ...others } = readFields<LinkEvent>(value, {
    source: oneOf('pppd', 'ifupdown', 'manual'),
    phase: oneOf('up', 'down', 'touch'),
    device: readDevice,
    index: readCount,
    address: readAddress,
    gateway: readAddress,
    pppd: readId,
    session: readSession,
  });
  if (source === undefined || phase === undefined || device === undefined) return undefined;
  return { source, phase, device, ...others };
};
