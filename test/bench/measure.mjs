// Runs inside a sandbox and times commands: `node measure.mjs` with a job as JSON on stdin, times as JSON on stdout.
// Each round runs, for every variant, its preparation (not timed), the base command and the variant's command, one
// right after the other, so that a noisy machine disturbs both alike.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const job = JSON.parse(readFileSync(0, 'utf8'));
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

const fail = (what, { status, error, stderr }) => {
  throw new Error(`${what}: ${error?.message ?? `status ${status}`}: ${stderr}`);
};

const prepare = (script) => {
  const ran = spawnSync('/bin/sh', ['-c', script], { env: ENVIRONMENT, encoding: 'utf8', cwd: '/' });
  if (ran.status !== 0) fail(script, ran);
};

/** CPU milliseconds of all children that have ended: proc(5), /proc/PID/stat, cutime and cstime, in ticks of 10 ms. */
const childrenTime = () => {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
};

/** Milliseconds of one command from its start to its end, and of CPU. */
const time = ([file, ...args]) => {
  const before = childrenTime();
  const started = performance.now();
  const ran = spawnSync(file, args, { env: job.environment, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const ms = performance.now() - started;
  if (ran.status !== 0) fail(file, ran);
  return { ms, cpu: childrenTime() - before };
};

const timeAll = () => {
  const times = Object.fromEntries(job.variants.map(({ name }) => [name, []]));
  for (let round = -1; round < job.rounds; round++)
    for (const { name, script, command } of job.variants) {
      if (script !== undefined) prepare(script);
      const pair = { base: time(job.base), own: time(command) };
      // The first round fills the caches of files.
      if (round >= 0) times[name].push(pair);
    }
  return times;
};

/** Peak resident memory of one process, kB: the kernel's own high-water mark, read until the process is gone. */
const peak = ([file, ...args]) =>
  new Promise((resolve) => {
    const child = spawn(file, args, { env: job.environment, cwd: '/', stdio: 'ignore' });
    let kilobytes = 0;
    const timer = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        kilobytes = Number(/^VmHWM:\s+([0-9]+)/m.exec(status)?.[1] ?? kilobytes);
      } catch {
        // It has ended.
      }
    }, 1);
    child.on('exit', () => {
      clearInterval(timer);
      resolve(kilobytes);
    });
  });

const measurePeaks = async () => {
  const peaks = [];
  for (let round = 0; round < job.rounds; round++) {
    prepare(job.script);
    peaks.push(await peak(job.command));
  }
  return peaks;
};

process.stdout.write(JSON.stringify(job.kind === 'peak' ? await measurePeaks() : timeAll()));
