import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/load.ts';
import { configWarnings } from '../../../src/config/warn.ts';
import { SECOND, UPLINK } from './refusal.ts';

const warningsOf = async (text: string): Promise<string[]> =>
  configWarnings(await parseConfig(text), [], []).map(({ message, remedy }) => `${message}; ${remedy}`);

const health = (targets: readonly string[], more = '', header = 'uplink.health') =>
  `[${header}]\ntargets = ${JSON.stringify(targets)}\n${more}`;

test("somebody else's server that is asked more than once a second is warned of, once for all uplinks", async () => {
  assert.deepEqual(
    await warningsOf(
      health(['https://example.org/', '192.0.2.1'], '', 'health') +
        `${UPLINK}${SECOND}[uplink.health]\ninterval = 0.4\n`,
    ),
    [
      'target "https://example.org/" of "dsl1", "dsl2" asks example.org 4.5 times a second; unless it is yours: ' +
        'interval = 2 below [health], or below an [uplink.health] with its own targets',
    ],
  );
  for (const target of ['tcp:192.0.2.1:443', 'dns:192.0.2.53/example.org']) {
    assert.match(
      (await warningsOf(UPLINK + health([target]))).join('\n'),
      /asks 192\.0\.2\.\d+ 2 times a second/,
    );
    assert.deepEqual(await warningsOf(UPLINK + health([target], 'interval = 1\n')), [], target);
    assert.deepEqual(await warningsOf(UPLINK + health([target], 'check = false\n')), [], target);
  }
  for (const target of ['192.0.2.1', 'example.org', 'tcp:gateway:53', 'dns:gateway/example.org'])
    assert.deepEqual(await warningsOf(UPLINK + health([target])), [], target);
});

const LONE =
  'no uplink counts as alive without 192.0.2.1: when it fails, all lines look dead; ' +
  "add targets elsewhere, such as the DNS servers of each line's provider, or lower needed";

test('a host that no line can do without is warned of', async () => {
  const polite = 'interval = 2\n';
  const two = (first: readonly string[], second: readonly string[], more = polite) =>
    warningsOf(UPLINK + health(first, more) + SECOND + health(second, more));
  assert.deepEqual(await two(['192.0.2.1'], ['192.0.2.1', 'tcp:192.0.2.1:80']), [LONE]);
  assert.deepEqual(await two(['192.0.2.1', 'gateway'], ['192.0.2.1', '192.0.2.2'], `${polite}needed = 2\n`), [
    LONE,
  ]);
  assert.deepEqual(await two(['192.0.2.1', 'gateway'], ['192.0.2.1', '192.0.2.2']), []);
  assert.deepEqual(await two(['192.0.2.1'], ['192.0.2.2']), []);
  assert.deepEqual(await two(['192.0.2.1'], []), []);
  assert.deepEqual(await two(['gateway'], ['gateway']), []);
});

test('one line, or one of two that is not checked, can look dead for any reason', async () => {
  const own = health(['192.0.2.1']);
  assert.deepEqual(await warningsOf(UPLINK + own), []);
  assert.deepEqual(await warningsOf(`${UPLINK}${own}${SECOND}${own}check = false\n`), []);
  assert.deepEqual(await warningsOf(UPLINK + SECOND), []);
});
