import { TABLE } from '../config/constants.ts';
import { messageOf } from '../errors.ts';
import { parseRules } from '../kernel/rule.ts';
import { run } from '../system/exec.ts';
import { parseArray } from '../system/observe.ts';
import { describeFailure } from '../system/tool-failure.ts';
import { checkConfig, checkText } from './check.ts';
import { readMachine } from './check-files.ts';
import type { Report } from './session.ts';

/** `mlb-hooks check`: the configuration together with the machine as it is now. */
export const check = async (file: string | undefined): Promise<Report> => {
  const rules = await readIp(RULES);
  const routes = await readIp(ROUTES);
  const { machine, warnings } = readMachine();
  const result = await checkConfig({
    rules: parseRules(rules.json, 4),
    machine: { ...machine, defaults: tablesWithDefault(routes.json) },
    ...(file === undefined ? {} : { file }),
  });
  const usesDnsmasq = result.config?.policies.some(({ toDomains }) => toDomains.length > 0) ?? false;
  const all = { ...result, warnings: [...(usesDnsmasq ? warnings : []), ...result.warnings] };
  return {
    lines: [checkText(all)],
    errors: [...rules.errors, ...routes.errors],
    exitCode: result.problems.length === 0 ? 0 : 1,
  };
};

const RULES = ['-4', '-j', '-d', '-N', 'rule', 'show'];
const ROUTES = ['-4', '-j', '-d', '-N', 'route', 'show', 'table', 'all'];

interface Read {
  readonly json: readonly unknown[];
  readonly errors: readonly string[];
}

/** Reading rules and routes needs no root; without `ip` the check is still worth having, but says so. */
const readIp = async (args: readonly string[]): Promise<Read> => {
  const result = await run('ip', args);
  try {
    if (result.status === 0) return { json: parseArray(result.stdout), errors: [] };
  } catch (thrown) {
    return { json: [], errors: [messageOf(thrown)] };
  }
  return {
    json: [],
    errors: [`what the kernel has was not looked at: ${describeFailure('ip', args, result)}`],
  };
};

/** Routing tables with a default route, or half of one, as VPNs write it. */
const tablesWithDefault = (json: readonly unknown[]): Set<number> =>
  new Set(
    (json as readonly { dst?: string; table?: string }[])
      .filter(({ dst }) => dst === 'default' || dst === '0.0.0.0/1' || dst === '128.0.0.0/1')
      .map(({ table }) => Number(table ?? TABLE.main)),
  );
