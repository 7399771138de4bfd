import type { MetricsInput, UplinkMetrics } from '../../../src/metrics/input.ts';
import type { TargetHealth, Verdict } from '../../../src/model.ts';

export const target = (fields: Partial<TargetHealth> = {}): TargetHealth => ({
  target: '192.0.2.1',
  health: 'alive',
  reason: '',
  loss: 0,
  rtt: 12.3,
  jitter: 0.45,
  ...fields,
});

export const verdict = (fields: Partial<Verdict> = {}): Verdict => ({
  id: 1,
  device: 'ppp0',
  index: 7,
  health: 'dead',
  reason: 'no answer from 192.0.2.1',
  since: 100,
  flaps: 2,
  loss: 0.25,
  rtt: 12.3,
  jitter: 0.45,
  targets: [target()],
  ...fields,
});

export const uplink = (fields: Partial<UplinkMetrics> = {}): UplinkMetrics => ({
  name: 'dsl1',
  device: 'ppp0',
  state: 'dead',
  share: 0,
  weight: 3,
  tier: 1,
  working: false,
  verdict: verdict(),
  changes: 5,
  ...fields,
});

export const input = (fields: Partial<MetricsInput> = {}): MetricsInput => ({
  version: '0.2.0',
  uplinks: [uplink()],
  runs: { count: 12, failures: 1, lastSeconds: 0.034, lastChanges: 0 },
  left: 2,
  startedAt: 1_700_000_000.5,
  ...fields,
});

/** What a scrape may look like at its worst: every state, every text that a configuration can hold, nothing known. */
export const everything = (): MetricsInput => {
  const odd = [
    'https://example.org/?q="a\\b"&x={1} 204',
    'dns:192.0.2.1/größe.example',
    'tab\tline\nend',
    '',
  ];
  const unmeasured = { loss: null, rtt: null, jitter: null };
  return input({
    version: '0.2.0+"x"',
    uplinks: [
      uplink({ verdict: verdict({ targets: odd.map((text) => target({ target: text })) }) }),
      uplink({ name: 'a-b_c', device: 'eth0.7@x:1', state: 'up', share: 1 / 3, working: true }),
      uplink({ name: 'lte', verdict: verdict({ ...unmeasured, health: 'unknown', targets: [] }) }),
      uplink({ name: 'cable', verdict: verdict({ rtt: 1e-7, loss: 1e-9, targets: [target(), target()] }) }),
    ],
  });
};
