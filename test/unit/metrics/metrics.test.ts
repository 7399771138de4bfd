import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MetricsInput, renderMetrics } from '../../../src/metrics/metrics.ts';
import { everything, input, target, uplink, verdict } from './samples.ts';

/** The samples of one metric. */
const samplesOf = (name: string, given: MetricsInput): string[] =>
  renderMetrics(given)
    .split('\n')
    .filter((line) => line.startsWith(`mlb_hooks_${name}{`) || line.startsWith(`mlb_hooks_${name} `))
    .map((line) => line.slice('mlb_hooks_'.length));

const DSL1 = 'uplink="dsl1",device="ppp0"';

test('an uplink has one sample for each state that there is, and 1 for its own alone', () => {
  const samples = samplesOf('uplink_state', input());
  assert.equal(samples.length, 10);
  assert.deepEqual(
    samples.filter((line) => line.endsWith(' 1')),
    [`uplink_state{${DSL1},state="dead"} 1`],
  );
});

test('what is known of an uplink is told in base units', () => {
  const known = {
    working: '0',
    share_ratio: '0',
    weight: '3',
    tier: '1',
    loss_ratio: '0.25',
    rtt_seconds: '0.0123',
    jitter_seconds: '0.00045',
    flaps: '2',
    changes_total: '5',
  };
  for (const [name, value] of Object.entries(known))
    assert.deepEqual(samplesOf(`uplink_${name}`, input()), [`uplink_${name}{${DSL1}} ${value}`]);
  assert.deepEqual(
    samplesOf('uplink_health', input()).filter((line) => line.endsWith(' 1')),
    [`uplink_health{${DSL1},health="dead"} 1`],
  );
});

test('what is known of a target bears its text as it is written', () => {
  const labels = `${DSL1},target="192.0.2.1"`;
  assert.deepEqual(samplesOf('target_rtt_seconds', input()), [`target_rtt_seconds{${labels}} 0.0123`]);
  assert.deepEqual(samplesOf('target_loss_ratio', input()), [`target_loss_ratio{${labels}} 0`]);
  assert.deepEqual(samplesOf('target_jitter_seconds', input()), [`target_jitter_seconds{${labels}} 0.00045`]);
  assert.deepEqual(
    ['unknown', 'alive', 'dead'].map(
      (health) => `target_health{${labels},health="${health}"} ${Number(health === 'alive')}`,
    ),
    samplesOf('target_health', input()),
  );
});

test('what is not known has no sample, and a metric without any has no header either', () => {
  const { verdict: _none, ...unprobed } = uplink();
  const runs = { count: 0, failures: 0, lastSeconds: null, lastChanges: null };
  const text = renderMetrics(input({ uplinks: [unprobed], runs }));
  assert.doesNotMatch(text, /health|loss|rtt|jitter|flaps|target|run_duration|last_run/);
  const unmeasured = verdict({ loss: null, rtt: null, jitter: null, targets: [] });
  const half = renderMetrics(input({ uplinks: [uplink({ verdict: unmeasured }), uplink({ name: 'lte' })] }));
  assert.deepEqual(half.match(/.*rtt_seconds{.*/g), [
    'mlb_hooks_uplink_rtt_seconds{uplink="lte",device="ppp0"} 0.0123',
    'mlb_hooks_target_rtt_seconds{uplink="lte",device="ppp0",target="192.0.2.1"} 0.0123',
  ]);
});

test('runs, what is left alone, the start and the version are told', () => {
  const wanted = [
    'runs_total 12',
    'run_failures_total 1',
    'run_duration_seconds 0.034',
    'last_run_changes 0',
    'objects_left_alone 2',
    'start_time_seconds 1700000000.5',
    'build_info{version="0.2.0"} 1',
  ];
  for (const line of wanted) assert.deepEqual(samplesOf(line.split(/[ {]/)[0] ?? '', input()), [line]);
});

test('each metric has its help and its type before its samples, once; counters are those that end in _total', () => {
  const lines = renderMetrics(everything()).trimEnd().split('\n');
  const seen = new Set<string>();
  let current = '';
  for (const [index, line] of lines.entries()) {
    const [, help] = /^# HELP (\S+) \S/.exec(line) ?? [];
    if (help !== undefined) {
      assert.ok(!seen.has(help), `${help} twice`);
      seen.add(help);
      current = help;
      const type = help.endsWith('_total') ? 'counter' : 'gauge';
      assert.equal(lines[index + 1], `# TYPE ${help} ${type}`);
    } else assert.match(line, new RegExp(`^(# TYPE )?${current}[ {]`));
  }
  assert.equal(seen.size, 22);
});

test('no text of the configuration can end a label or a line', () => {
  const odd = target({ target: 'a"} 1\nmlb_hooks_runs_total 99\\' });
  const given = input({ uplinks: [uplink({ verdict: verdict({ targets: [odd] }) })] });
  assert.deepEqual(samplesOf('target_loss_ratio', given), [
    `target_loss_ratio{${DSL1},target="a\\"} 1\\nmlb_hooks_runs_total 99\\\\"} 0`,
  ]);
  assert.deepEqual(samplesOf('runs_total', given), ['runs_total 12']);
});

test('no sample comes twice, also where a target is written twice', () => {
  const names = renderMetrics(everything())
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')));
  assert.equal(new Set(names).size, names.length);
});

test('a number that is none has no sample', () => {
  const given = input({ startedAt: Number.NaN, uplinks: [uplink({ share: Number.POSITIVE_INFINITY })] });
  assert.deepEqual(samplesOf('start_time_seconds', given), []);
  assert.deepEqual(samplesOf('uplink_share_ratio', given), []);
});
