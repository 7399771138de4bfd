import type { Job } from './attempt.ts';
import { METRIC } from './config/constants.ts';
import { dueRefusals, findRefused, forgetRefused, rememberRefused } from './events/refused.ts';
import { look } from './look.ts';
import type { Change, LinkEvent, Memory } from './model.ts';
import { applyChanges } from './system/apply.ts';
import { readUptime } from './system/sysctl.ts';

/** What is known of refused gateways after they were tried again. */
export interface Trial {
  readonly memory: Memory;
  readonly done: readonly Change[];
}

/**
 * Gives gateways that were refused a while ago another try: their uplinks' own defaults are written, and nothing else.
 * An uplink whose gateway is refused still was in no pool and no multipath meanwhile.
 */
export const tryRefused = async (job: Job, memory: Memory, events: readonly LinkEvent[]): Promise<Trial> => {
  const now = readUptime();
  const due = dueRefusals(memory, now);
  if (due.length === 0) return { memory, done: [] };
  const forgetful = forgetRefused(memory, due);
  const { changes, observed } = await look({ ...job, trust: true }, forgetful, events);
  const tables = due.map((id) => job.config.settings.tableBase + Number(id));
  const defaults = changes.filter(
    (change) =>
      change.kind === 'route' &&
      change.op !== 'delete' &&
      change.route.metric === METRIC.own &&
      tables.includes(change.route.table),
  );
  const { failures } = await applyChanges(defaults, job.run);
  const failed = new Set(failures.map(({ change }) => change));
  return {
    memory: rememberRefused(forgetful, findRefused(failures, job.config), observed.links, now),
    done: defaults.filter((change) => !failed.has(change)),
  };
};
