import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LineHealth } from '../../../src/model.ts';
import { flows, sharesOf } from '../balance/flows.ts';
import { type Lab, labFor } from '../balance/lab.ts';
import { balanceBy } from '../balance/modes.ts';
import type { UplinkSpec } from '../balance/uplinks.ts';
import { skip } from '../router.ts';

/** Two in the best tier, one behind them. */
const TIERS: readonly UplinkSpec[] = [{ kind: 'ptp' }, { kind: 'ethernet' }, { kind: 'ethernet', tier: 2 }];

const POLICY = `
[[policy]]
name = "voice"
protocol = "udp"
to-ports = 5060
use = [["line1", "line2"], "line3"]
`;

/** What the monitor would say, of line1, line2, …; believed for so many seconds. */
const judge = (lab: Lab, healths: readonly LineHealth[], seconds = 600): void => {
  const now = Number(lab.sh('cat /proc/uptime').split(' ')[0]);
  const verdicts = lab.uplinks.map(({ id, device }, position) => ({
    id,
    device,
    index: Number(lab.sh(`ip -j link show ${device}`).match(/"ifindex":(\d+)/)?.[1]),
    health: healths[position] ?? 'alive',
    reason: 'no answer from 192.0.2.1',
    since: now,
    flaps: 0,
    targets: [],
  }));
  lab.sh(
    'cat > /run/mlb-hooks/verdicts.json',
    JSON.stringify({ pid: 1, until: now + seconds, verdicts, left: [] }),
  );
  lab.apply();
};

/** Who carries new connections, and who those of the policy. */
const carriers = (lab: Lab): string => {
  const some = flows(40, { clients: 40 });
  const voice = flows(40, { clients: 40, port: 5060, protocol: 'udp' });
  return [some, voice]
    .map((list) =>
      Object.keys(sharesOf(lab.connect(list)))
        .sort()
        .join('+'),
    )
    .join(' ');
};

for (const mode of ['multipath', 'random', 'source', 'failover'] as const)
  test(`new connections go where the monitor's verdicts say: ${mode}`, { skip }, async (t) => {
    const lab = await labFor(t, { uplinks: TIERS, settings: balanceBy(mode), policies: POLICY });
    const both = mode === 'failover' ? 'line1 line1' : 'line1+line2 line1+line2';
    const table: readonly (readonly [healths: readonly LineHealth[], expected: string])[] = [
      [['alive', 'unknown', 'alive'], both],
      [['dead', 'alive', 'alive'], 'line2 line2'],
      [['degraded', 'alive', 'alive'], 'line2 line2'],
      [['dead', 'degraded', 'alive'], 'line2 line2'],
      [['degraded', 'degraded', 'alive'], both],
      [['dead', 'dead', 'degraded'], 'line3 line3'],
      [['dead', 'dead', 'dead'], both],
      [['alive', 'alive', 'alive'], both],
    ];
    for (const [healths, expected] of table) {
      judge(lab, healths);
      assert.equal(carriers(lab), expected, healths.join());
    }
    judge(lab, ['dead', 'dead', 'alive'], -1);
    assert.equal(carriers(lab), both, 'nobody refreshed the verdicts');
    assert.deepEqual(lab.wrongSources(), {});
  });
