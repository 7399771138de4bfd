import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skip } from '../router.ts';
import { PORT } from '../traffic/flows.ts';
import { type Flow, flows } from './flows.ts';
import { harmed, showReport } from './held.ts';
import { type Lab, labFor } from './lab.ts';
import { balanceBy, MODES } from './modes.ts';
import type { UplinkSpec } from './uplinks.ts';

/** Two that share a peer, two that share a subnet and its gateway, and a backup that carries nothing by itself. */
const UPLINKS: readonly UplinkSpec[] = [
  { kind: 'ptp' },
  { kind: 'ptp' },
  { kind: 'ethernet', tier: 2 },
  { kind: 'shared' },
  { kind: 'shared' },
];

/** A server in the LAN that the outside reaches at port 8080 of every uplink. */
const DNAT = `
table ip published {
  chain arriving {
    type nat hook prerouting priority dstnat;
    iifname "w*" tcp dport 8080 dnat to 192.168.7.10:${PORT}
    iifname "w*" udp dport 8080 dnat to 192.168.7.10:${PORT}
  }
}
`;

const setUp = async (t: TestContext): Promise<Lab> => {
  const lab = await labFor(t, { uplinks: UPLINKS });
  await lab.serve();
  await lab.serve('lan');
  lab.sh('nft -f -', DNAT);
  return lab;
};

/** Somebody in the world; the others who ask are the uplinks' gateways and peers, which several uplinks share. */
const WORLD = '10.99.3.3';

/** Requests to every uplink from everybody who can reach it. */
const requests = (lab: Lab, port: number, protocols: readonly Flow['protocol'][]): Flow[] =>
  lab.uplinks.flatMap(({ address, gateway }) =>
    [WORLD, gateway].flatMap((from) => protocols.map((protocol) => ({ protocol, from, to: address, port }))),
  );

/** The provider drops an answer that leaves by another uplink: then there is none. */
const mustAnswer = (lab: Lab, asked: readonly Flow[], when: string): void => {
  const seen = lab.connect(asked, 'isp');
  for (const [n, { protocol, from, to, port }] of asked.entries())
    assert.equal(seen[n], from, `${when}: ${protocol} from ${from} to ${to}:${port}`);
};

const mustEcho = (lab: Lab, when: string): void => {
  for (const { address, gateway } of lab.uplinks)
    for (const from of [WORLD, gateway])
      assert.equal(
        lab.try(`ip netns exec isp ping -q -c 1 -W 1 -I ${from} ${address}`).status,
        0,
        `${when}: ping from ${from} to ${address}`,
      );
};

test('the router itself answers by the uplink that was asked, in every mode', { skip }, async (t) => {
  const lab = await setUp(t);
  for (const mode of MODES) {
    lab.reconfigure({ uplinks: UPLINKS, settings: balanceBy(mode) });
    lab.apply();
    // Over UDP a server must see to its own source address, before any packet is there to be routed.
    mustAnswer(lab, requests(lab, PORT, ['tcp']), mode);
    mustEcho(lab, mode);
  }
  for (const { id, name } of lab.uplinks) assert.ok(lab.entries(id) > 0, `entries bear the mark of ${name}`);
  assert.deepEqual(lab.wrongSources(), {});
});

test('a server in the LAN answers by the uplink that was asked, in every mode', { skip }, async (t) => {
  const lab = await setUp(t);
  const asked = requests(lab, 8080, ['tcp', 'udp']);
  for (const mode of MODES) {
    lab.reconfigure({ uplinks: UPLINKS, settings: balanceBy(mode) });
    lab.apply();
    mustAnswer(lab, asked, mode);
  }
  lab.lose(lab.line(1));
  lab.restore(lab.line(1));
  mustAnswer(lab, asked, 'after events');
  assert.deepEqual(lab.wrongSources(), {});
});

test('a visitor of a server in the LAN stays connected whatever happens to other uplinks', {
  skip,
}, async (t) => {
  const lab = await setUp(t);
  const visits = requests(lab, 8080, ['tcp', 'udp']).filter(({ to }) => to !== lab.line(4).address);
  const long = await lab.hold(visits, 'isp');
  lab.lose(lab.line(4));
  lab.restore(lab.line(4));
  lab.reconfigure({ uplinks: UPLINKS, settings: balanceBy('source') });
  lab.apply();
  await sleep(100);
  assert.deepEqual(harmed(await long.ask()).map(showReport), []);
});

test('an answer follows its request although a policy would send such traffic elsewhere', {
  skip,
}, async (t) => {
  const lab = await setUp(t);
  const policies = '[[policy]]\nname = "servers"\nfrom = "192.168.7.10"\nuse = "line3"\nelse = "reject"';
  lab.reconfigure({ uplinks: UPLINKS, policies });
  lab.apply();
  mustAnswer(lab, requests(lab, 8080, ['tcp', 'udp']), 'all that the server begins must leave by line3');
  assert.deepEqual(new Set(lab.connect(flows(20))), new Set(['line3']));
});
