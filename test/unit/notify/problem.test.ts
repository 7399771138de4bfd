import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemOf } from '../../../src/notify/problem.ts';
import type { Ending } from '../../../src/notify/run-script.ts';
import { change } from './samples.ts';

const GOOD: Ending = { status: 0, signal: null, said: '', ended: 'itself' };
const HEAD = '/d/mail: told that dsl1 is dead, it';

const said = (ending: Partial<Ending>): string | undefined =>
  problemOf('/d/mail', change(), { ...GOOD, ...ending }, 10);

test('one that did its work is no problem, whatever it wrote, nor one that we ended ourselves', () => {
  assert.equal(said({ said: 'warning: slow' }), undefined);
  assert.equal(said({ ended: 'stopped', status: null, signal: 'SIGTERM' }), undefined);
});

const WORDINGS: readonly [Partial<Ending>, string][] = [
  [
    { status: 3, said: 'no\u001b[2J relay \n' },
    'failed with status 3: no[2J relay; run it by hand to see why',
  ],
  [{ status: 1 }, 'failed with status 1; run it by hand to see why'],
  [{ status: null, signal: 'SIGSEGV' }, 'was ended by SIGSEGV; run it by hand to see why'],
  [
    { status: 0, ended: 'late' },
    'or something that it started had not ended after 10 s, and all of it was killed; let it do less, or raise notify-timeout in [monitor]',
  ],
  [
    { status: null, errorCode: 'ENOENT' },
    'could not be started (ENOENT); its first line names an interpreter that is not there',
  ],
  [
    { status: null, errorCode: 'EACCES' },
    'could not be started (EACCES); its file system is mounted noexec, or its interpreter cannot be executed',
  ],
  [{ status: null, errorCode: 'EIO' }, 'could not be started (EIO); run it by hand to see why'],
];

for (const [ending, text] of WORDINGS)
  test(`an executable that ${text.split(';')[0]}`, () => assert.equal(said(ending), `${HEAD} ${text}`));

test('an endless last line is cut', () => {
  const text = said({ status: 1, said: 'x'.repeat(4096) }) ?? '';
  assert.match(text, /x…; run it by hand to see why$/);
  assert.ok(text.length < 500, text);
});
