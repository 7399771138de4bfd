import { messageOf } from '../errors.ts';
import { parseRules } from '../kernel/rule.ts';
import type { Rule } from '../model.ts';
import { run } from '../system/exec.ts';
import { parseArray } from '../system/observe.ts';
import { describeFailure } from '../system/tool-failure.ts';
import { checkConfig, checkText } from './check.ts';
import type { Report } from './session.ts';

/** `mlb-hooks check`: the configuration together with the rules that are in the kernel now. */
export const check = async (file: string | undefined): Promise<Report> => {
  const { rules, errors } = await readRules();
  const result = await checkConfig({ rules, ...(file === undefined ? {} : { file }) });
  return { lines: [checkText(result)], errors, exitCode: result.problems.length === 0 ? 0 : 1 };
};

const ARGS = ['-4', '-j', '-d', '-N', 'rule', 'show'];

/** Reading rules needs no root; without `ip` the check is still worth having, but says so. */
const readRules = async (): Promise<{ rules: readonly Rule[]; errors: readonly string[] }> => {
  const result = await run('ip', ARGS);
  try {
    if (result.status === 0) return { rules: parseRules(parseArray(result.stdout), 4), errors: [] };
  } catch (thrown) {
    return { rules: [], errors: [messageOf(thrown)] };
  }
  return {
    rules: [],
    errors: [`the kernel's rules were not looked at: ${describeFailure('ip', ARGS, result)}`],
  };
};
