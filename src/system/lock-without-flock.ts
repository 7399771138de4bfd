import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf, UserError } from '../errors.ts';
import { codeOf } from './run-dir.ts';

/**
 * The lock for a machine without flock(1): numbered files RUN_DIR/turn.N, of which the highest names its holder by
 * process id and start time, or says `free`. Whoever finds the holder gone links the next number, which only one
 * can do, so a dead holder is followed at once and no clock matters. Returns how to release it, or undefined after
 * `waitSeconds`. A UserError if the files cannot be written.
 *
 * Weaker than flock in one thing: a child that outlives its killed parent is not waited for.
 */
export const acquireWithoutFlock = (runDir: string, waitSeconds: number): (() => void) | undefined => {
  const until = process.hrtime.bigint() + BigInt(Math.ceil(Math.max(waitSeconds, 0) * 1e9));
  try {
    for (;;) {
      const turn = takeTurn(runDir);
      if (turn !== undefined) return () => freeTurn(runDir, turn);
      if (process.hrtime.bigint() >= until) return undefined;
      Atomics.wait(SLEEP, 0, 0, POLL);
    }
  } catch (thrown) {
    throw new UserError(
      `${runDir}: the lock files cannot be written: ${messageOf(thrown)}`,
      'install the Debian package util-linux, or check the space left there',
    );
  }
};

const SLEEP = new Int32Array(new SharedArrayBuffer(4));
/** Milliseconds between two looks. */
const POLL = 20;
/** Turns that stay: somebody who was stopped while reading the directory must not find his number free again. */
const KEPT = 16;

const takeTurn = (runDir: string): number | undefined => {
  const last = lastTurn(runDir);
  if (last > 0 && isHeld(fileOf(runDir, last))) return undefined;
  const mine = last + 1;
  if (!linkTurn(runDir, mine)) return undefined;
  if (lastTurn(runDir) !== mine) {
    rmSync(fileOf(runDir, mine), { force: true });
    return undefined;
  }
  for (const turn of turnsIn(runDir)) if (turn < mine - KEPT) rmSync(fileOf(runDir, turn), { force: true });
  return mine;
};

/** The file appears with its content, or not at all because another took the number. */
const linkTurn = (runDir: string, turn: number): boolean => {
  const temp = `${runDir}/turn.tmp.${process.pid}`;
  const me = identityOf('self');
  // Nobody could tell that we hold it, and several would.
  if (me === undefined) throw new Error('/proc/self/stat cannot be read');
  writeFileSync(temp, me, { mode: 0o600 });
  try {
    linkSync(temp, fileOf(runDir, turn));
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  } finally {
    rmSync(temp, { force: true });
  }
};

/** The highest number must stay, or a number could be taken twice: the file is rewritten, not removed. */
const freeTurn = (runDir: string, turn: number): void => {
  const temp = `${runDir}/turn.tmp.${process.pid}`;
  try {
    writeFileSync(temp, 'free', { mode: 0o600 });
    renameSync(temp, fileOf(runDir, turn));
  } catch {
    // A full disk: the end of this process frees it.
  }
};

const fileOf = (runDir: string, turn: number): string => `${runDir}/turn.${turn}`;

const turnsIn = (runDir: string): number[] =>
  readdirSync(runDir).flatMap((name) => Number(/^turn\.([0-9]+)$/.exec(name)?.[1] ?? 0) || []);

const lastTurn = (runDir: string): number => Math.max(0, ...turnsIn(runDir));

const isHeld = (file: string): boolean => {
  const holder = readText(file);
  const pid = /^[0-9]+/.exec(holder ?? '')?.[0];
  return pid !== undefined && identityOf(pid) === holder;
};

/** Process id and start time in clock ticks since boot: proc(5), /proc/PID/stat, fields 1 and 22. Undefined: gone. */
const identityOf = (pid: string): string | undefined => {
  const stat = readText(`/proc/${pid}/stat`) ?? '';
  const [, id, rest = ''] = /^([0-9]+) .*\) (.*)$/s.exec(stat) ?? [];
  // The name, field 2, may hold anything; what follows its last parenthesis starts with field 3, the state.
  const fields = rest.split(' ');
  const ended = fields[0] === 'Z' || fields[0] === 'X';
  return id === undefined || ended ? undefined : `${id} ${fields[19]}`;
};

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
