import assert from 'node:assert/strict';
import { chmodSync, chownSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChangeOfState, createNotifier } from '../../src/notify/notify.ts';
import { change, folder, isAlive, put, textOf } from '../unit/notify/samples.ts';
import { until } from './until.ts';

/** A notifier on a folder of root's, and what it complained of. Not below /tmp: there others could change it. */
const notifier = (timeoutSeconds = 10) => {
  const directory = folder('/run');
  const problems: string[] = [];
  const { tell, stop } = createNotifier({
    timeoutSeconds: () => timeoutSeconds,
    onProblem: (text) => problems.push(text),
    directory,
  });
  const out = join(directory, '.out');
  const lines = (): string[] => textOf(out).split('\n').slice(0, -1);
  return { directory, problems, tell, stop, out, lines };
};

const named = (name: string): Partial<ChangeOfState> => ({ uplink: { id: 1, name, device: 'ppp0' } });

test('executables hear of every change in order, one after the other, with the facts in both forms', async () => {
  const { directory, problems, tell, stop, out, lines } = notifier();
  put(directory, '10-first', `#!/bin/sh\nsleep 0.1\necho "first $MLB_UPLINK $MLB_STATE" >>${out}\n`);
  put(directory, '20-second', `#!/bin/sh\nread -r line\necho "second $line" >>${out}\n`);
  const [one, two] = [change(named('dsl1')), change({ ...named('lte'), state: 'up', reason: '' })];
  tell(one);
  tell(two);
  assert.deepEqual(lines(), [], 'told before tell returned');
  await until('all are told', () => lines().length === 4);
  assert.deepEqual(lines(), [
    'first dsl1 dead',
    `second ${JSON.stringify({ version: 1, ...one })}`,
    'first lte up',
    `second ${JSON.stringify({ version: 1, ...two })}`,
  ]);
  await stop();
  assert.deepEqual(problems, []);
});

test('scripts that fail or hang are said by name, and the others hear of it all the same', async () => {
  const { directory, problems, tell, stop, out, lines } = notifier(0.3);
  put(directory, '1-fails', '#!/bin/sh\necho no relay >&2\nexit 3\n');
  put(directory, '2-hangs', `#!/bin/sh\nsleep 1000 &\necho $! >${directory}/.pid\nwait\n`);
  put(directory, '3-garbage', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 0, 255]));
  put(directory, '4-works', `#!/bin/sh\necho works >>${out}\n`);
  tell(change());
  await until('the last is told', () => lines().length === 1);
  await stop();
  assert.equal(problems.length, 3, problems.join('\n'));
  assert.equal(
    problems[0],
    `${directory}/1-fails: told that dsl1 is dead, it failed with status 3: no relay; run it by hand to see why`,
  );
  assert.match(
    problems[1] ?? '',
    /2-hangs: told that dsl1 is dead, it or something that it started had not ended after 0.3 s, and all of it was killed/,
  );
  assert.match(problems[2] ?? '', /3-garbage: told that dsl1 is dead, it /);
  assert.ok(!isAlive(Number(textOf(`${directory}/.pid`))), 'the child of the one that hung still runs');
});

test('what is not root’s alone is not run, which is said once for each, and again after it was repaired', async () => {
  const { directory, problems, tell, stop, out, lines } = notifier();
  const stolen = put(directory, '1-stolen', `#!/bin/sh\necho stolen >>${out}\n`);
  const open = put(directory, '2-open', `#!/bin/sh\necho open >>${out}\n`, 0o775);
  put(directory, '3-good', `#!/bin/sh\necho good >>${out}\n`);
  chownSync(stolen, 65534, 65534);
  for (const turn of [1, 2]) {
    tell(change());
    await until('it is told', () => lines().length === turn);
  }
  assert.deepEqual(lines(), ['good', 'good']);
  assert.equal(problems.length, 2, problems.join('\n'));
  assert.match(
    problems[0] ?? '',
    /1-stolen: not run: .* belongs to user 65534, not to root; run: chown root: \S+1-stolen$/,
  );
  assert.match(problems[1] ?? '', /2-open: not run: .* \(mode 775\); run: chmod go-w \S+2-open$/);
  chmodSync(open, 0o755);
  tell(change());
  await until('the repaired one is told', () => lines().length === 4);
  chmodSync(open, 0o775);
  tell(change());
  await until('it is told again', () => lines().length === 5);
  await stop();
  assert.equal(problems.length, 3, problems.join('\n'));
});

test('a directory that others can write is not used at all; a missing one is fine', async () => {
  const { directory, problems, tell, stop, out, lines } = notifier();
  put(directory, 'mail', `#!/bin/sh\necho mail >>${out}\n`);
  chmodSync(directory, 0o777);
  tell(change());
  await until('it is said', () => problems.length === 1);
  assert.match(problems[0] ?? '', /not run: .* \(mode 777\); run: chmod go-w/);
  rmSync(directory, { recursive: true });
  tell(change());
  await sleep(200);
  await stop();
  assert.deepEqual([problems.length, lines()], [1, []]);
});

test('a storm of changes is cut to the last hundred, which is said once, and stopping says what was not told', async () => {
  const { directory, problems, tell, stop, out, lines } = notifier();
  put(
    directory,
    'slow',
    `#!/bin/sh\necho $MLB_UPLINK >>${out}\nwhile [ -e ${directory}/.hold ]; do sleep 0.05; done\n`,
  );
  put(directory, '.hold', '');
  tell(change(named('first')));
  await until('the first is being told', () => lines().length === 1);
  for (let number = 1; number <= 150; number += 1) tell(change(named(`n${number}`)));
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /more than 100 changes wait to be told, the oldest are dropped; /);
  rmSync(join(directory, '.hold'));
  await until('some are told', () => lines().length > 5);
  assert.deepEqual(lines().slice(0, 3), ['first', 'n51', 'n52']);
  await stop();
  const told = lines().length;
  assert.equal(problems.length, 2);
  assert.equal(problems[1], `${directory}: changes that were not told before the end: ${101 - told}`);
  tell(change());
  await sleep(200);
  assert.equal(lines().length, told, 'told after the end');
});

test('stopping ends a script that hangs within seconds', async () => {
  const { directory, problems, tell, stop } = notifier(300);
  put(directory, 'hangs', `#!/bin/sh\necho $$ >${directory}/.pid\nsleep 1000\n`);
  tell(change());
  await until('it runs', () => textOf(`${directory}/.pid`).endsWith('\n'));
  const started = performance.now();
  await stop();
  assert.ok(performance.now() - started < 4000);
  assert.ok(!isAlive(Number(readFileSync(`${directory}/.pid`, 'utf8'))));
  assert.deepEqual(problems, []);
});
