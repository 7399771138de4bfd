import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROBE_MARK } from '../../../src/config/constants.ts';
import { type Lab, labFor } from '../balance/lab.ts';
import { balanceBy } from '../balance/modes.ts';
import { THREE } from '../balance/uplinks.ts';
import { skip } from '../router.ts';

/** All echo requests leave by line2 or not at all. */
const STRICT = `
[[policy]]
name = "pings"
protocol = "icmp"
use = "line2"
else = "reject"
`;

const ping = (lab: Lab, device: string, ...options: readonly string[]): boolean =>
  lab.try(`ping -n -q -c 2 -i 0.1 -W 1 -I ${device} ${options.join(' ')} 10.99.0.1`).status === 0;

/** `-m` takes decimal numbers only. */
const AS_PROBE = `-m ${PROBE_MARK}`;

/** What the ruleset has counted: new connections by uplink and policy. */
const counters = (lab: Lab): string =>
  lab.sh("nft list counters table inet mlb_hooks | grep -E 'counter|packets' | paste - -");

for (const mode of ['multipath', 'source'] as const)
  test(`a probe leaves by its device whatever policies say, and counts for nothing: ${mode}`, {
    skip,
  }, async (t) => {
    const lab = await labFor(t, { uplinks: THREE, settings: balanceBy(mode), policies: STRICT });
    const before = counters(lab);
    for (const { device } of lab.uplinks) assert.ok(ping(lab, device, AS_PROBE), device);
    assert.equal(counters(lab), before);
    for (const { id } of lab.uplinks) assert.equal(lab.entries(id), 0);

    const [line1, line2] = [lab.line(1), lab.line(2)];
    assert.ok(!ping(lab, line1.device), 'a ping that is no probe is of the policy');
    assert.ok(ping(lab, line2.device));
    assert.notEqual(counters(lab), before);
  });

test('a probe finds its line also while that is out of use', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: THREE, policies: STRICT });
  const { device, name } = lab.line(1);
  const counted = lab.watch('icmp type echo-request');
  for (const word of ['disable', 'drain']) {
    assert.equal(lab.mlb(`${word} ${name}`).status, 0);
    assert.ok(ping(lab, device, AS_PROBE), word);
  }
  assert.deepEqual(counted(), { line1: 4, line2: 0, line3: 0 });
});
