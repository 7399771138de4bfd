/** Fills the small file system that its argument names, then makes it read-only, and prints what becomes of it all. */
import { readdirSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../../src/errors.ts';
import { makeRunnerSync } from '../../../src/system/exec-sync.ts';
import { acquireLock } from '../../../src/system/lock.ts';
import { openLog } from '../../../src/system/log.ts';
import { isSpooled, readSpool, removeSpooled, spoolEvent, sweepSpool } from '../../../src/system/spool.ts';
import { loadMemory, saveMemory } from '../../../src/system/state.ts';
import { NO_MEMORY } from '../../helpers/samples.ts';

const runDir = `${process.argv[2]}/run`;
const attempt = (work: () => unknown): string => {
  try {
    work();
    return 'done';
  } catch (thrown) {
    return messageOf(thrown).replaceAll(/[0-9]{20}-[0-9]+/g, 'ID');
  }
};

const memory = (device: string) => ({ ...NO_MEMORY, uplinks: { dsl1: { device } } });
saveMemory(memory('ppp0'), runDir);
const id = spoolEvent({ source: 'manual', phase: 'up', device: 'ppp0' }, runDir);
acquireLock({ waitSeconds: 0, runDir })?.release();
const log = openLog({ level: 'info', file: `${runDir}/log` });
attempt(() => writeFileSync(`${runDir}/ballast`, Buffer.alloc(1024 * 1024)));

const lock = acquireLock({ waitSeconds: 0, runDir });
log.info({}, 'x');
const report = {
  lock: lock !== undefined,
  warning: lock?.warning,
  save: attempt(() => saveMemory(memory('ppp1'), runDir)),
  spool: attempt(() => spoolEvent({ source: 'manual', phase: 'down', device: 'ppp0' }, runDir)),
  log: log.failed(),
  memory: loadMemory(runDir),
  spooled: readSpool(runDir).length,
  halves: readdirSync(runDir, { recursive: true }).filter((name) => String(name).endsWith('.tmp')),
};
lock?.release();
log.close();
makeRunnerSync()('mount', ['-o', 'remount,ro', `${process.argv[2]}`]);
const readOnly = {
  remove: removeSpooled([id], runDir).length,
  waits: isSpooled(id, runDir),
  sweep: sweepSpool(runDir),
  save: attempt(() => saveMemory(memory('ppp1'), runDir)),
  warning: acquireLock({ waitSeconds: 0, runDir })?.warning,
  log: openLog({ level: 'info', file: `${runDir}/log` }).failed(),
};
process.stdout.write(JSON.stringify({ full: report, readOnly }));
