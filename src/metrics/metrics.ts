/** What Prometheus is told. Pure: the same input gives the same text. */
import { counter, type Family, gauge, renderFamilies } from './exposition.ts';
import type { MetricsInput } from './input.ts';
import { targetFamilies } from './targets.ts';
import { uplinkFamilies } from './uplinks.ts';

export type { MetricsInput };

/** The metrics as text, as Prometheus' own `promtool check metrics` likes it; base units throughout. */
export const renderMetrics = (input: MetricsInput): string =>
  renderFamilies([...uplinkFamilies(input.uplinks), ...targetFamilies(input.uplinks), ...runFamilies(input)]);

const runFamilies = ({ version, runs, left, startedAt }: MetricsInput): Family[] => [
  counter('runs_total', 'Runs of the monitor that compared the kernel with what should be there.', [
    { value: runs.count },
  ]),
  counter('run_failures_total', 'Runs that could not do everything.', [{ value: runs.failures }]),
  gauge('run_duration_seconds', 'How long the last run took.', [{ value: runs.lastSeconds }]),
  gauge('last_run_changes', 'What the last run changed in the kernel.', [{ value: runs.lastChanges }]),
  gauge('objects_left_alone', 'Objects that are not repaired for now: somebody keeps changing them.', [
    { value: left },
  ]),
  gauge('start_time_seconds', 'When the monitor started, in seconds since 1970.', [{ value: startedAt }]),
  gauge('build_info', 'The version that runs; always 1.', [{ labels: { version }, value: 1 }]),
];
