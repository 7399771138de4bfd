// Runs in the guest: does what the host asks over a virtio port. One JSON object a line, both ways.
//   { id, op: 'start', command, env?, input?, timeoutMs? }   -> { id, pid }, later { id, exit: { code, signal, stdout, stderr, ms, timedOut } }
//   { id, op: 'signal', pid, signal }   { id, op: 'read', path }   { id, op: 'write', path, text, mode? }   -> { id, ok } | { id, error }
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, openSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const { PATH, HOME } = process.env;
const BASE_ENV = { PATH, HOME, LC_ALL: 'C' };

const port = openSync(`/dev/${readdirSync('/dev').find((name) => name.startsWith('vport'))}`, 'r+');
const output = createWriteStream('', { fd: port });
const send = (message) => output.write(`${JSON.stringify(message)}\n`);

const start = (id, { command, env, input, timeoutMs }) => {
  const [file, ...args] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  const began = performance.now();
  // A session of its own, so that a timeout or a signal reaches all of it.
  const child = spawn(file, args, { env: { ...BASE_ENV, ...env }, cwd: '/', detached: true });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (chunk) => {
      text[name] += chunk;
    });
  let timedOut = false;
  const timer =
    timeoutMs &&
    setTimeout(() => {
      timedOut = true;
      signalGroup(child.pid, 'SIGKILL');
    }, timeoutMs);
  const finish = (code, signal) => {
    clearTimeout(timer);
    send({ id, exit: { code, signal, ...text, ms: performance.now() - began, timedOut } });
  };
  child.on('error', (error) => {
    text.stderr += error.message;
    finish(127, null);
  });
  // A daemon that keeps our pipes open must not keep us waiting: `exit`, and a moment for what is still in the pipe.
  child.on('exit', (code, signal) =>
    Promise.race([new Promise((done) => child.on('close', done)), sleep(200)]).then(() =>
      finish(code, signal),
    ),
  );
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  send({ id, pid: child.pid ?? 0 });
};

const signalGroup = (pid, signal) => {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
};

const OPERATIONS = {
  signal: async ({ pid, signal }) => signalGroup(pid, signal),
  read: ({ path }) => readFile(path, 'utf8'),
  write: async ({ path, text, mode }) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    if (mode !== undefined) await chmod(path, mode);
  },
};

const answer = async ({ id, op, ...rest }) => {
  if (op === 'start') return start(id, rest);
  try {
    send({ id, ok: (await OPERATIONS[op](rest)) ?? null });
  } catch (error) {
    send({ id, error: error.message });
  }
};

while (!existsSync('/run/lab-ready')) await sleep(10);
send({ ready: true });
// The port reads as ended when the host's side is closed: then PID 1 switches the machine off.
for await (const line of createInterface({ input: createReadStream('', { fd: port }) }))
  answer(JSON.parse(line));
process.exit();
