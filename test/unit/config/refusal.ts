import assert from 'node:assert/strict';
import { ConfigError, parseConfig } from '../../../src/config/load.ts';

/** The smallest valid configuration, and a second uplink to add to it. */
export const UPLINK = '[[uplink]]\nid = 1\nname = "dsl1"\ndevice = "ppp0"\n';
export const SECOND = '[[uplink]]\nid = 2\nname = "dsl2"\ndevice = "ppp1"\n';

/** The lines of a refusal, without the file name in front. */
export const problemsOf = async (text: string): Promise<string[]> => {
  const error: unknown = await parseConfig(text, 'F').then(
    () => assert.fail('was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError, String(error));
  return error.message.split('\n').map((line) => line.replace(/^F:?/, ''));
};

/** The only line of a refusal. */
export const only = async (text: string): Promise<string> => {
  const problems = await problemsOf(text);
  assert.equal(problems.length, 1, problems.join('\n'));
  return problems[0] ?? '';
};
