/** One process of the lock tests: `lock-child MODE RUN_DIR WAIT_SECONDS [FILE]`, FAKE_YEARS moves its clock. */
import { appendFileSync } from 'node:fs';
import { makeRunner } from '../../../src/system/exec.ts';
import { acquireLock } from '../../../src/system/lock.ts';
import { acquireWithoutFlock } from '../../../src/system/lock-without-flock.ts';

const [mode = '', runDir = '', wait = '', file = ''] = process.argv.slice(2);
const years = Number(process.env.FAKE_YEARS ?? 0);
const realNow = Date.now;
Date.now = () => realNow() + years * 365.25 * 24 * 3600 * 1000;

const say = (text: string) => process.stdout.write(`${text}\n`);
const nap = (milliseconds: number) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
const take = () => {
  if (!mode.startsWith('files-')) return acquireLock({ waitSeconds: Number(wait), runDir });
  const release = acquireWithoutFlock(runDir, Number(wait));
  return release && { release, fd: undefined, warning: undefined };
};

// Nobody is left behind if the test fails before it kills us.
setTimeout(() => process.exit(), 60_000).unref();

const started = process.hrtime.bigint();
const lock = take();
const took = Number(process.hrtime.bigint() - started) / 1e6;

switch (mode.replace('files-', '')) {
  case 'try':
    say(JSON.stringify({ got: lock !== undefined, took, warning: lock?.warning }));
    lock?.release();
    break;
  case 'append':
    if (lock === undefined) break;
    appendFileSync(file, `begin ${process.pid}\n`);
    nap(5);
    appendFileSync(file, `end ${process.pid}\n`);
    lock.release();
    break;
  case 'throw':
    setTimeout(() => {
      throw new Error('a bug');
    }, 10);
    break;
  case 'throw-after-execa':
    await makeRunner({ lockFd: lock?.fd })('true', []);
    throw new Error('a bug');
  case 'child':
    void makeRunner({ lockFd: lock?.fd })('sleep', ['1.5']);
    setTimeout(() => say('held'), 50);
    setTimeout(() => undefined, 60_000);
    break;
  default:
    say(lock === undefined ? 'busy' : 'held');
    setTimeout(() => undefined, 60_000);
}
