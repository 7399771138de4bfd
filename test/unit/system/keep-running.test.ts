import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Kept, keepRunning, type Standing } from '../../../src/system/keep-running.ts';

interface Watched {
  readonly kept: Kept;
  readonly troubles: readonly string[];
  readonly ends: readonly string[];
  readonly output: () => string;
  readonly until: (holds: () => boolean) => Promise<void>;
}

/** Keeps a shell script running. What it prints is of use where it says so. */
const watch = (t: TestContext, script: string, standing: Partial<Standing> = {}): Watched => {
  const troubles: string[] = [];
  const ends: string[] = [];
  let output = '';
  const kept = keepRunning({
    tool: 'sh',
    args: ['-c', script],
    onOutput: (chunk) => {
      output += chunk;
      return chunk.includes('use');
    },
    onEnd: ({ said }) => {
      ends.push(said);
      return false;
    },
    onTrouble: (reason) => troubles.push(reason),
    ...standing,
  });
  t.after(kept.stop);
  return {
    kept,
    troubles,
    ends,
    output: () => output,
    until: async (holds) => {
      const end = performance.now() + 10_000;
      while (!holds()) {
        assert.ok(performance.now() < end, JSON.stringify({ troubles, ends, output: output.slice(0, 100) }));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
};

test('a tool that ends is started again; one useless end is no trouble, the second is', async (t) => {
  const { troubles, ends, until } = watch(t, 'echo first >&2; echo last words >&2; exit 2');
  await until(() => ends.length === 1);
  assert.deepEqual(troubles, []);
  await until(() => ends.length === 3);
  assert.deepEqual(troubles, ['last words', 'last words']);
});

test('pauses grow while it is of no use', async (t) => {
  const times: number[] = [];
  const { until } = watch(t, 'exit 1', {
    onEnd: () => {
      times.push(performance.now());
      return false;
    },
  });
  await until(() => times.length === 4);
  const pauses = times.slice(1).map((time, position) => time - (times[position] ?? 0));
  assert.ok((pauses[1] ?? 0) > 350 && (pauses[2] ?? 0) > 750, JSON.stringify(pauses));
});

test('a tool that was of use may end as often as it likes', async (t) => {
  const { troubles, ends, until } = watch(t, 'echo use');
  await until(() => ends.length === 4);
  assert.deepEqual(troubles, []);
  assert.equal(ends[0], 'sh: ended with status 0 and said nothing');
});

test('one that hangs is killed, whatever it prints that means nothing', async (t) => {
  const { ends, until } = watch(t, 'echo use; while :; do echo noise; sleep 0.05; done', { patience: 400 });
  await until(() => ends.length === 2);
  assert.match(ends[0] ?? '', /^sh printed nothing that means anything, and was killed$/);
});

test('one that is of use in time is left alone', async (t) => {
  const { ends, output, until } = watch(t, 'while :; do echo use; sleep 0.1; done', { patience: 600 });
  await until(() => output().length > 60);
  assert.deepEqual(ends, []);
});

test('a flood is ended early, on stdout and on stderr', async (t) => {
  for (const script of ['yes', 'yes >&2']) {
    const { ends, output, until, kept } = watch(t, script, { patience: 60_000 });
    await until(() => ends.length > 0);
    assert.match(ends[0] ?? '', /^sh printed much that means nothing and was killed$/);
    assert.ok(output().length < 1_000_000);
    kept.stop();
  }
});

test('one that may print what it likes is left alone, and listens once for each start', async (t) => {
  let listens = 0;
  const { ends, output, until } = watch(t, 'sleep 0.3; head -c 400000 /dev/zero; exec cat', {
    input: true,
    mostNoise: Number.POSITIVE_INFINITY,
    onListening: () => {
      listens += 1;
    },
  });
  await until(() => output().length === 400_000);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual([ends, listens], [[], 1]);
});

test('what is written arrives while it runs, and is refused while it does not', async (t) => {
  const { kept, ends, output, until } = watch(t, 'read line; echo "use $line"', { input: true });
  assert.equal(kept.write(Buffer.from('this\n')), true);
  await until(() => output() === 'use this\n');
  await until(() => ends.length === 1);
  assert.equal(kept.write(Buffer.from('that\n')), false);
});

test('nothing is called back after the end, and none is started any more', async (t) => {
  const { kept, ends, troubles } = watch(t, 'exit 1');
  kept.stop();
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual([...ends, ...troubles], []);
});

test('stopping in the middle of a callback is the end too', async (t) => {
  let ends = 0;
  const { kept, until } = watch(t, 'exit 1', {
    onEnd: () => {
      ends += 1;
      kept.stop();
      return false;
    },
  });
  await until(() => ends === 1);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(ends, 1);
});

test('a tool that is not installed is trouble at once, and never before the call has returned', async (t) => {
  const { troubles } = watch(t, '', { tool: 'no-such-tool' });
  assert.deepEqual(troubles, []);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.match(troubles[0] ?? '', /^no-such-tool: not found \(looked in .*\); install the package/);
});
