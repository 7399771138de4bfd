import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ending, runScript } from '../../../src/notify/run-script.ts';
import { folder, isAlive, put, textOf } from './samples.ts';

const directory = folder();
let count = 0;

interface Given {
  readonly timeoutSeconds?: number;
  readonly input?: string;
  readonly stop?: AbortSignal;
}

/** Runs a file with this text; `OUT` in its environment is a file to write to. */
const run = async (text: string | Buffer, given: Given = {}): Promise<Ending & { readonly out: string }> => {
  count += 1;
  const file = put(directory, `script${count}`, text);
  const out = `${file}.out`;
  const { timeoutSeconds = 10, input = '{}\n', stop = new AbortController().signal } = given;
  const environment = { PATH: '/usr/bin:/bin', OUT: out };
  const ending = await runScript({ path: file, file }, { environment, input, timeoutSeconds, stop });
  return { ...ending, out: textOf(out).trim() };
};

const DONE = { status: 0, signal: null, said: '', ended: 'itself' } as const;

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

test('a script gets its input on stdin and its environment, nothing of ours, in a session of its own', async () => {
  process.env.MLB_SECRET = 'x';
  const { out, ...ending } = await run(
    '#!/bin/sh\n{ cat; pwd; echo "$MLB_SECRET-none"; ps -o pid=,pgid=,sid= -p $$; } >$OUT\n',
    { input: 'told\n' },
  );
  assert.deepEqual(ending, DONE);
  const [input, cwd, secret, ids = ''] = out.split('\n');
  assert.deepEqual([input, cwd, secret], ['told', '/', '-none']);
  assert.equal(new Set(ids.trim().split(/ +/)).size, 1, ids);
});

test('one that does not read what it is told is fine, however much that is', async () => {
  const { out: _out, ...ending } = await run('#!/bin/sh\nexec <&-\n', { input: 'x'.repeat(1_000_000) });
  assert.deepEqual(ending, DONE);
});

test('its status and the last line of its stderr are told; stdout is nobody’s', async () => {
  const script = '#!/bin/sh\necho out\necho first >&2\necho last >&2\necho >&2\nexit 3\n';
  const { status, said } = await run(script);
  assert.deepEqual({ status, said }, { status: 3, said: 'last' });
});

test('a flood on stdout and stderr neither stops the script nor fills the memory', async () => {
  const { status, said } = await run(
    '#!/bin/sh\nyes | head -c 3000000\nyes | head -c 3000000 >&2\necho end >&2\nexit 1\n',
  );
  assert.deepEqual({ status, said }, { status: 1, said: 'end' });
});

test('a signal that ended it is told by its name', async () => {
  const { status, signal } = await run('#!/bin/sh\nkill -SEGV $$\n');
  assert.deepEqual({ status, signal }, { status: null, signal: 'SIGSEGV' });
});

test('binary garbage, a missing interpreter and a missing file are failures, no exceptions', async () => {
  const garbage = await run(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 255, 0, 10, 0]));
  assert.ok(garbage.errorCode !== undefined || garbage.status !== 0, JSON.stringify(garbage));
  assert.equal((await run('#!/nonexistent/sh\n')).errorCode, 'ENOENT');
  const gone = { path: '/nonexistent', file: '/nonexistent' };
  const stop = new AbortController().signal;
  const ending = await runScript(gone, { environment: {}, input: '', timeoutSeconds: 1, stop });
  assert.equal(ending.errorCode, 'ENOENT');
});

test('one that hangs is ended at its time, with its children', async () => {
  const script = '#!/bin/sh\nsleep 1000 & echo $! >$OUT\necho waiting >&2\nwait\n';
  let ending: Awaited<ReturnType<typeof run>> | undefined;
  const seconds = await secondsOf(async () => {
    ending = await run(script, { timeoutSeconds: 0.3 });
  });
  assert.ok(seconds > 0.3 && seconds < 1.5, `${seconds} s`);
  assert.deepEqual([ending?.ended, ending?.said], ['late', 'waiting']);
  assert.ok(!isAlive(Number(ending?.out)), 'its child still runs');
});

test('one that does not listen to SIGTERM is killed two seconds later', async () => {
  const script = `#!/bin/sh\ntrap '' TERM\necho $$ >$OUT\nwhile :; do sleep 1; done\n`;
  let ending: Awaited<ReturnType<typeof run>> | undefined;
  const seconds = await secondsOf(async () => {
    ending = await run(script, { timeoutSeconds: 0.3 });
  });
  assert.ok(seconds > 2.2 && seconds < 3.5, `${seconds} s`);
  assert.deepEqual([ending?.ended, ending?.signal], ['late', 'SIGKILL']);
  assert.ok(!isAlive(Number(ending?.out)));
});

test('what a script leaves in the background belongs to it: it has its time, and no more', async () => {
  const quick = await secondsOf(async () => {
    const { ended, status } = await run('#!/bin/sh\nsleep 0.4 &\n');
    assert.deepEqual([ended, status], ['itself', 0]);
  });
  assert.ok(quick > 0.35, `${quick} s: not waited for`);
  const { ended, out } = await run('#!/bin/sh\nsleep 1000 >/dev/null 2>&1 & echo $! >$OUT\n', {
    timeoutSeconds: 0.3,
  });
  assert.equal(ended, 'late');
  assert.ok(!isAlive(Number(out)), 'what was left still runs');
});

test('a daemon in a session of its own is let go, also when it keeps our pipe', async () => {
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  await sleep(100);
  const before = descriptors();
  const script = '#!/bin/sh\nsetsid sleep 5 & echo $! >$OUT\nsleep 0.2\n';
  const seconds = await secondsOf(async () => {
    const { ended, status, out } = await run(script);
    assert.deepEqual([ended, status], ['itself', 0]);
    assert.ok(isAlive(Number(out)), 'the daemon was ended');
    await sleep(50);
    assert.ok(descriptors() <= before, 'we keep the other end of its pipe');
    process.kill(Number(out), 'SIGKILL');
  });
  assert.ok(seconds < 2, `${seconds} s`);
});

test('told to stop, a script has two seconds to end by itself', async () => {
  const leave = new AbortController();
  const [quick, slow] = [
    run('#!/bin/sh\nsleep 0.6\necho done >$OUT\n', { stop: leave.signal }),
    run('#!/bin/sh\nsleep 1000\n', { stop: leave.signal }),
  ];
  await sleep(200);
  leave.abort();
  const seconds = await secondsOf(() => slow);
  assert.deepEqual([(await quick).ended, (await quick).out], ['itself', 'done']);
  assert.equal((await slow).ended, 'stopped');
  assert.ok(seconds > 1.9 && seconds < 3, `${seconds} s`);
});
