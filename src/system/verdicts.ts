/** What the monitor says to hooks and commands: /run/mlb-hooks/verdicts.json. */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import type { LineHealth, Measured, TargetHealth, Verdict } from '../model.ts';
import { RUN_DIR } from './paths.ts';
import { codeOf, ensureRunDir } from './run-dir.ts';
import {
  isRecord,
  oneOf,
  type Reader,
  readAddress,
  readCount,
  readDevice,
  readFields,
  readId,
  readSeconds,
} from './shape.ts';
import { replaceFile } from './write-file.ts';

/** The monitor's word. */
export interface Findings {
  /** Process id of the monitor. */
  readonly pid: number;
  /** Seconds of /proc/uptime from which nobody believes it: a monitor that died must not keep a good line out. */
  readonly until: number;
  readonly verdicts: readonly Verdict[];
  /** What it does not repair for now, and who may be changing it, in words. */
  readonly left: readonly string[];
}

const fileIn = (runDir: string): string => `${runDir}/verdicts.json`;
const retiredIn = (runDir: string): string => `${runDir}/verdicts.last.json`;

/**
 * The monitor's word as it stands at `now`, seconds of uptime; undefined if there is none, it has expired, or it cannot
 * be read. A verdict that is broken is left out. Never throws.
 */
export const readFindings = (now: number, runDir: string = RUN_DIR): Findings | undefined => {
  const found = readFile(fileIn(runDir));
  return found === undefined || found.until <= now ? undefined : found;
};

const readFile = (path: string): Findings | undefined => {
  const value = parse(path);
  if (!isRecord(value)) return undefined;
  const { pid, until, verdicts = [], left = [] } = readFields<Findings>(value, FINDINGS);
  return pid === undefined || until === undefined ? undefined : { pid, until, verdicts, left };
};

/** What the monitor before this one found. */
export interface Earlier {
  readonly verdicts: ReadonlyMap<number, Verdict>;
  /** Its word still holds; else it tells only how the lines were some time ago. */
  readonly isBelieved: boolean;
}

/** What an earlier monitor has left behind; `now`: seconds of uptime. Never throws. */
export const readEarlier = (now: number, runDir: string = RUN_DIR): Earlier => {
  const last = readFile(fileIn(runDir)) ?? readFile(retiredIn(runDir));
  return { verdicts: byId(last), isBelieved: readFindings(now, runDir) !== undefined };
};

const byId = (findings: Findings | undefined): ReadonlyMap<number, Verdict> =>
  new Map((findings?.verdicts ?? []).map((verdict) => [verdict.id, verdict]));

/** The verdicts alone, by the id of their uplink. */
export const readVerdicts = (now: number, runDir: string = RUN_DIR): ReadonlyMap<number, Verdict> =>
  byId(readFindings(now, runDir));

/** Process id of a monitor other than this process that has written a word which holds at `now`, and runs. */
export const runningMonitor = (now: number, runDir: string = RUN_DIR): number | undefined => {
  const pid = readFindings(now, runDir)?.pid;
  return pid === undefined || pid === process.pid || !isAlive(pid) ? undefined : pid;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // Somebody else's process is one too.
    return codeOf(thrown) === 'EPERM';
  }
};

/** Replaces the monitor's word, atomically; throws what node:fs throws. */
export const writeFindings = (findings: Findings, runDir: string = RUN_DIR): void => {
  ensureRunDir(runDir);
  replaceFile(fileIn(runDir), `${fileIn(runDir)}.tmp`, `${JSON.stringify(findings)}\n`);
};

/** Ends the monitor's word, if there is one; the next monitor may learn from it. Throws what node:fs throws. */
export const retireFindings = (runDir: string = RUN_DIR): void => {
  if (existsSync(fileIn(runDir))) renameSync(fileIn(runDir), retiredIn(runDir));
};

const parse = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};

const readText: Reader<string> = (value) => (typeof value === 'string' ? value : undefined);

/** A number, or null for what is not known. */
const readNumber = (value: unknown): number | null | undefined =>
  value === null || (typeof value === 'number' && Number.isFinite(value)) ? value : undefined;

const listOf =
  <T>(read: Reader<T>): Reader<readonly T[]> =>
  (value) =>
    Array.isArray(value) ? value.flatMap((item: unknown) => read(item) ?? []) : undefined;

const MEASURED = { loss: readNumber, rtt: readNumber, jitter: readNumber } as const;

const UNMEASURED: Measured = { loss: null, rtt: null, jitter: null };

const readTarget: Reader<TargetHealth> = (value) => {
  if (!isRecord(value)) return undefined;
  const {
    target,
    health,
    reason = '',
    ...measured
  } = readFields<TargetHealth>(value, {
    target: readText,
    health: oneOf('unknown', 'alive', 'dead'),
    reason: readText,
    ...MEASURED,
  });
  if (target === undefined || health === undefined) return undefined;
  return { ...UNMEASURED, ...measured, target, health, reason };
};

const readVerdict: Reader<Verdict> = (value) => {
  if (!isRecord(value)) return undefined;
  const { id, device, index, health, since, ...others } = readFields<Verdict>(value, {
    id: readId,
    device: readDevice,
    index: readId,
    health: oneOf<LineHealth>('unknown', 'alive', 'degraded', 'dead'),
    reason: readText,
    since: readSeconds,
    gateway: readAddress,
    flaps: readCount,
    targets: listOf(readTarget),
    ...MEASURED,
  });
  if (id === undefined || device === undefined || index === undefined) return undefined;
  if (health === undefined || since === undefined) return undefined;
  return { ...UNMEASURED, reason: '', flaps: 0, targets: [], ...others, id, device, index, health, since };
};

const FINDINGS = {
  pid: readId,
  until: readSeconds,
  verdicts: listOf(readVerdict),
  left: listOf(readText),
} as const;
