import { loadConfig } from '../config/load.ts';
import { look } from '../look.ts';
import { renderCommand } from '../plan/batch.ts';
import { run } from '../system/exec.ts';
import { readSpool } from '../system/spool.ts';
import { loadMemory } from '../system/state.ts';
import { conflictLines, type Report } from './session.ts';

/**
 * `mlb-hooks plan`: what `apply` would do now, touching nothing. Exit status 0 for nothing, 2 for something, 1 where
 * it could not be found out.
 */
export const plan = async (options: { config?: string; json?: boolean }): Promise<Report> => {
  const config = await loadConfig(options.config);
  const { memory, rebuilt } = loadMemory();
  const events = readSpool().map(({ event }) => event);
  const view = await look({ config, run }, memory, events);
  const commands = view.changes.map(renderCommand);
  const errors = [...(rebuilt === undefined ? [] : [rebuilt]), ...view.problems];
  // What could not be read could not be planned: without root that is no wonder, with root it is an error.
  const blind = view.problems.length > 0;
  const failed = blind && process.geteuid?.() === 0;
  const exitCode = commands.length > 0 ? 2 : failed ? 1 : 0;
  if (options.json === true) {
    const json = { version: 1, commands, conflicts: view.conflicts, notices: errors };
    return { lines: [JSON.stringify(json, null, 2)], errors: [], exitCode };
  }
  return {
    lines:
      commands.length > 0 ? commands : [blind ? 'nothing to do, as far as could be seen' : 'nothing to do'],
    errors: [...conflictLines(view), ...errors],
    exitCode,
  };
};
