import type { LineHealth, UplinkStatus } from '../model.ts';
import { counter, type Family, gauge, type Labels, oneHot, type Sample, seconds } from './exposition.ts';
import type { UplinkMetrics } from './input.ts';

/** The metrics of uplinks; what was measured has samples only where it is known. */
export const uplinkFamilies = (uplinks: readonly UplinkMetrics[]): Family[] => {
  const each = (read: (uplink: UplinkMetrics) => number | null | undefined): Sample[] =>
    uplinks.map((uplink) => ({ labels: labelsOf(uplink), value: read(uplink) ?? null }));
  return [
    gauge(
      'uplink_state',
      'State of the uplink: 1 for the one that it is in.',
      uplinks.flatMap((uplink) => oneHot(labelsOf(uplink), 'state', STATES, uplink.state)),
    ),
    gauge(
      'uplink_working',
      'Whether the uplink carries traffic.',
      each(({ working }) => Number(working)),
    ),
    gauge(
      'uplink_share_ratio',
      'Share of new connections that it should get now.',
      each(({ share }) => share),
    ),
    gauge(
      'uplink_weight',
      'Configured weight.',
      each(({ weight }) => weight),
    ),
    gauge(
      'uplink_tier',
      'Configured tier.',
      each(({ tier }) => tier),
    ),
    gauge(
      'uplink_health',
      'What probes say of the line: 1 for the one that holds.',
      uplinks.flatMap((uplink) =>
        uplink.verdict === undefined
          ? []
          : oneHot(labelsOf(uplink), 'health', LINE_HEALTH, uplink.verdict.health),
      ),
    ),
    gauge(
      'uplink_loss_ratio',
      'Probes without answer, over the window.',
      each(({ verdict }) => verdict?.loss),
    ),
    gauge(
      'uplink_rtt_seconds',
      'Mean round trip, over the window.',
      each(({ verdict }) => seconds(verdict?.rtt)),
    ),
    gauge(
      'uplink_jitter_seconds',
      'Mean difference of consecutive round trips, over the window.',
      each(({ verdict }) => seconds(verdict?.jitter)),
    ),
    gauge(
      'uplink_flaps',
      'How often the line died lately; each time doubles how long it must answer to be used again.',
      each(({ verdict }) => verdict?.flaps),
    ),
    counter(
      'uplink_changes_total',
      'Changes of state since the monitor started.',
      each(({ changes }) => changes),
    ),
  ];
};

/** The device too: so that they join with the node exporter's counters of traffic. */
export const labelsOf = ({ name, device }: UplinkMetrics): Labels => ({ uplink: name, device });

const STATES: Readonly<Record<UplinkStatus, true>> = {
  up: true,
  absent: true,
  down: true,
  'no-carrier': true,
  'no-address': true,
  vetoed: true,
  disabled: true,
  draining: true,
  dead: true,
  degraded: true,
};

const LINE_HEALTH: Readonly<Record<LineHealth, true>> = {
  unknown: true,
  alive: true,
  degraded: true,
  dead: true,
};
