import * as v from 'valibot';
import { camelKeys } from '../config/camel.ts';
import { defaultMonitor } from '../config/health.ts';
import { SettingsToml } from '../config/schema.ts';
import { configSource } from '../config/source.ts';
import { computeNothing } from '../desired/desired.ts';
import { messageOf, UserError } from '../errors.ts';
import { PROTOCOL_NAMES_FILE, readProtocol } from '../install/table-names.ts';
import type { Config } from '../model.ts';
import { readUptime } from '../system/sysctl.ts';
import { runningMonitor } from '../system/verdicts.ts';
import { type Report, requireRoot, runOrder } from './session.ts';

/**
 * `mlb-hooks flush`: everything of ours out of the kernel, sysctls as they were. Works without a usable
 * configuration: what is ours is known by its protocol, whose number the names file of the last good one has.
 */
export const flush = async (): Promise<Report> => {
  requireRoot('flush');
  const monitor = runningMonitor(readUptime());
  if (monitor !== undefined)
    throw new UserError(
      `a monitor runs, as process ${monitor}, and would put everything back`,
      `stop it first: systemctl stop mlb-hooks, or kill ${monitor}`,
    );
  const { config, notice } = await configOrDefaults();
  const report = await runOrder({
    name: 'flush',
    config: () => Promise.resolve(config),
    target: (_config, _states, observed, memory) => computeNothing(observed, memory),
    finish: ({ memory, problems }) => (problems.length === 0 ? { ...memory, sysctls: [] } : memory),
  });
  return { ...report, errors: [...notice, ...report.errors] };
};

const configOrDefaults = async (): Promise<{ config: Config; notice: string[] }> => {
  try {
    return { config: await configSource()(), notice: [] };
  } catch (thrown) {
    const defaults = camelKeys(v.parse(SettingsToml, {}));
    const written = readProtocol();
    const protocol = written ?? defaults.protocol;
    const which =
      written === undefined
        ? `the default protocol ${protocol}`
        : `protocol ${protocol}, as ${PROTOCOL_NAMES_FILE} says`;
    const notice = `${messageOf(thrown)}; flushing what has ${which}`;
    const settings = { ...defaults, protocol };
    return { config: { settings, uplinks: [], policies: [], monitor: defaultMonitor() }, notice: [notice] };
  }
};
