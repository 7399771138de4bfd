import type { TargetHealth } from '../model.ts';
import { type Family, gauge, oneHot, type Sample, seconds } from './exposition.ts';
import type { UplinkMetrics } from './input.ts';
import { labelsOf } from './uplinks.ts';

/** The metrics of targets, named as they are written in the configuration. */
export const targetFamilies = (uplinks: readonly UplinkMetrics[]): Family[] => {
  const targets = uplinks.flatMap((uplink) =>
    distinct(uplink.verdict?.targets ?? []).map((target) => ({
      target,
      labels: { ...labelsOf(uplink), target: target.target },
    })),
  );
  const each = (read: (target: TargetHealth) => number | null): Sample[] =>
    targets.map(({ target, labels }) => ({ labels, value: read(target) }));
  return [
    gauge(
      'target_health',
      'What probes say of the target: 1 for the one that holds.',
      targets.flatMap(({ target, labels }) => oneHot(labels, 'health', TARGET_HEALTH, target.health)),
    ),
    gauge(
      'target_loss_ratio',
      'Probes without answer, over the window.',
      each(({ loss }) => loss),
    ),
    gauge(
      'target_rtt_seconds',
      'Mean round trip, over the window.',
      each(({ rtt }) => seconds(rtt)),
    ),
    gauge(
      'target_jitter_seconds',
      'Mean difference of consecutive round trips, over the window.',
      each(({ jitter }) => seconds(jitter)),
    ),
  ];
};

/** One that is written twice would give a sample twice, and Prometheus would refuse the whole text. */
const distinct = (targets: readonly TargetHealth[]): TargetHealth[] => [
  ...new Map(targets.map((target) => [target.target, target])).values(),
];

const TARGET_HEALTH: Readonly<Record<TargetHealth['health'], true>> = {
  unknown: true,
  alive: true,
  dead: true,
};
