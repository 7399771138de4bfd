import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../router.ts';
import { flows, shareProblems, sharesOf } from './flows.ts';
import { positive } from './isp.ts';
import { type Lab, labFor } from './lab.ts';
import { balanceBy, MODES, SHARING } from './modes.ts';
import { THREE } from './uplinks.ts';

const pingBy = (lab: Lab, option: string): number | null =>
  lab.try(`ping -n -q -c 2 -i 0.1 -W 1 ${option} 10.99.0.1`).status;

const PINS = `
[[policy]]
name = "proxy"
user = 1000
use = "line1"

[[policy]]
name = "mail"
protocol = ["tcp", "udp"]
to-ports = 25
use = "line2"
`;

for (const [masquerade, modes] of [
  ['private', MODES],
  ['all', ['random']],
  ['none', ['multipath', 'source']],
] as const)
  test(`what the router sends is pinned by user and port, with a source that fits: masquerade ${masquerade}`, {
    skip,
  }, async (t) => {
    const uplinks = THREE.map((uplink) => ({ ...uplink, toml: `masquerade = "${masquerade}"` }));
    const lab = await labFor(t, { uplinks, policies: PINS });
    for (const mode of modes) {
      lab.reconfigure({ uplinks, policies: PINS, settings: balanceBy(mode) });
      lab.apply();
      for (const protocol of ['tcp', 'udp'] as const) {
        const proxy = lab.connect(flows(40, { protocol }), { user: 1000 });
        assert.deepEqual(sharesOf(proxy), { line1: 40 }, `${mode} ${protocol}`);
        const mail = lab.connect(flows(40, { protocol, port: 25 }), {});
        assert.deepEqual(sharesOf(mail), { line2: 40 }, `${mode} ${protocol}`);
      }
    }
    assert.deepEqual(lab.wrongSources(), {});
  });

test('what the router sends is balanced, by the shares of the mode', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: THREE });
  const weights = { line1: 1, line2: 2, line3: 3 };
  for (const mode of SHARING) {
    lab.reconfigure({ uplinks: THREE, settings: balanceBy(mode) });
    lab.apply();
    for (const protocol of ['tcp', 'udp'] as const) {
      const seen = sharesOf(lab.connect(flows(400, { protocol }), {}));
      assert.deepEqual(shareProblems(seen, weights), [], `${mode} ${protocol}`);
    }
  }
  assert.deepEqual(lab.wrongSources(), {});
});

test("the router's own long transfers keep their uplink through every event of others", {
  skip,
}, async (t) => {
  const lab = await labFor(t, { uplinks: THREE, settings: balanceBy('random') });
  lab.lose(lab.line(3));
  const long = await lab.hold([...flows(10), ...flows(10, { protocol: 'udp' })], {});
  lab.restore(lab.line(3));
  lab.connect(flows(30), {});
  lab.lose(lab.line(3));
  const reports = await long.ask();
  for (const { flow, seen, error } of reports)
    assert.deepEqual([seen.length, error], [1, undefined], `${flow.protocol} by ${seen}: ${error}`);
});

test('a socket bound to a device is not sent elsewhere, in no mode and by no policy', { skip }, async (t) => {
  const policies = '[[policy]]\nname = "all-of-it"\nuse = "line2"';
  const lab = await labFor(t, { uplinks: THREE, policies });
  for (const mode of MODES) {
    lab.reconfigure({
      uplinks: THREE,
      settings: balanceBy(mode),
      policies,
    });
    lab.apply();
    for (const { name, device } of lab.uplinks) {
      const requests = lab.watch('icmp type echo-request');
      assert.equal(pingBy(lab, `-I ${device}`), 0, `${mode}: ${device}`);
      assert.deepEqual(positive(requests()), { [name]: 2 }, `${mode}: ${device}`);
    }
  }
  assert.equal(lab.mlb('down line3').status, 0);
  assert.equal(pingBy(lab, '-I w2'), 0, 'a probe of an uplink that was judged dead');
  assert.deepEqual(lab.wrongSources(), {});
});

test('a socket bound to an address leaves by the uplink that has it', { skip }, async (t) => {
  const lab = await labFor(t, { uplinks: THREE });
  for (const mode of MODES) {
    lab.reconfigure({ uplinks: THREE, settings: balanceBy(mode) });
    lab.apply();
    for (const { name, address } of lab.uplinks)
      assert.deepEqual(sharesOf(lab.connect(flows(20, { from: address }), {})), { [name]: 20 }, mode);
  }
});
