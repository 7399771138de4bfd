import { configSource } from '../config/source.ts';
import { messageOf } from '../errors.ts';
import { forgetRefused } from '../events/refused.ts';
import { forgetLacking } from '../events/remember.ts';
import { nameObstacles, writeTableNames } from '../install/table-names.ts';
import { retireFindings } from '../system/verdicts.ts';
import { type Report, requireRoot, runOrder } from './session.ts';

/**
 * `mlb-hooks apply`: converge now, and bring the table names up to date; what was refused or missing is tried again.
 * `health: false` drops what the monitor found before looking: it has ended, and lines that it judged dead come back.
 */
export const apply = async ({ health = true }: { health?: boolean } = {}): Promise<Report> => {
  requireRoot('apply');
  const config = configSource();
  const names = await refreshNames(config);
  const report = await runOrder({
    name: 'apply',
    config,
    prepare: (memory) => {
      if (!health) retireFindings();
      return forgetRefused(forgetLacking(memory));
    },
  });
  return { ...report, errors: [...names, ...report.errors] };
};

/** Names are for people: that they cannot be written is said, and costs nothing else. */
const refreshNames = async (config: ReturnType<typeof configSource>): Promise<string[]> => {
  const loaded = await config();
  try {
    writeTableNames(loaded);
    return nameObstacles();
  } catch (thrown) {
    return [messageOf(thrown)];
  }
};
