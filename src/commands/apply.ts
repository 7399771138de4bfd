import { configSource } from '../config/source.ts';
import { messageOf } from '../errors.ts';
import { forgetLacking, forgetRefused } from '../events/remember.ts';
import { nameObstacles, writeTableNames } from '../install/table-names.ts';
import { type Report, requireRoot, runOrder } from './session.ts';

/** `mlb-hooks apply`: converge now, and bring the table names up to date; what was refused or missing is tried again. */
export const apply = async (): Promise<Report> => {
  requireRoot('apply');
  const config = configSource();
  const names = await refreshNames(config);
  const report = await runOrder({
    name: 'apply',
    config,
    prepare: (memory) => forgetRefused(forgetLacking(memory)),
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
