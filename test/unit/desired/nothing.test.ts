import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeNothing } from '../../../src/desired/desired.ts';
import { describeChange } from '../../../src/plan/batch.ts';
import { computePlan } from '../../../src/plan/plan.ts';
import {
  NO_MEMORY,
  NOTHING,
  sampleConfig,
  sampleLink,
  sampleRoute,
  sampleRule,
} from '../../helpers/samples.ts';

const UPLINK = 'id = 1\nname = "cable"\ndevice = "eth1"';

test('flush takes away what is ours, restores sysctls, and touches nothing else', async () => {
  const config = await sampleConfig(UPLINK);
  const qdisc = { device: 'eth1', parent: 'root', kind: 'prio', options: {} };
  const observed = {
    ...NOTHING,
    links: [sampleLink()],
    routes: [
      sampleRoute(),
      sampleRoute({ table: 7755, metric: 9 }),
      sampleRoute({ table: 254 }),
      sampleRoute({ protocol: 3, metric: 2 }),
    ],
    rules: [sampleRule(), sampleRule({ protocol: 3 }), sampleRule({ priority: 20301, from: '192.0.2.2' })],
    qdiscs: [
      { ...qdisc, handle: '77:' },
      { ...qdisc, device: 'eth2', handle: '1:' },
    ],
    nft: { objects: [{ kind: 'chain', name: 'prerouting', rules: 2 }] } as const,
    sysctls: [
      { device: 'eth1', key: 'ignore_routes_with_linkdown', value: 1 },
      { device: 'eth1', key: 'rp_filter', value: 1 },
    ] as const,
  };
  const memory = {
    ...NO_MEMORY,
    sysctls: [
      { device: 'eth1', index: 11, key: 'ignore_routes_with_linkdown', before: 0 },
      { device: 'eth9', index: 19, key: 'rp_filter', before: 1 },
    ] as const,
  };
  const plan = computePlan(config, computeNothing(observed, memory), observed);
  assert.deepEqual(plan.changes.map(describeChange), [
    'sysctl -w net/ipv4/conf/eth1/ignore_routes_with_linkdown=0',
    'ip -4 rule delete priority 20900 from all lookup 7700 protocol 77',
    'ip -4 rule delete priority 20301 from 192.0.2.2 lookup 7700 protocol 77',
    'ip -4 route delete default table 7755 protocol 77 metric 9',
    'ip -4 route delete default table 7701 protocol 77 metric 1',
    'nft table inet mlb_hooks (delete)',
    'tc qdisc delete dev eth1 root handle 77:',
  ]);
});
