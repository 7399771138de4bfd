import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skip } from '../router.ts';
import { inside, script, startTalker } from '../traffic/flows.ts';
import { flows } from './flows.ts';
import { positive } from './isp.ts';
import { type Lab, labFor } from './lab.ts';
import { balanceBy } from './modes.ts';
import { THREE } from './uplinks.ts';

/** By line2 or not at all: a port, whoever uses it, and a user of the router's own. */
const STRICT = `
[[policy]]
name = "pinned-port"
protocol = ["tcp", "udp"]
to-ports = 7777
use = "line2"
else = "reject"

[[policy]]
name = "pinned-user"
user = 1000
use = "line2"
else = "reject"
`;

/** A policy above the strict ones that takes none of their traffic: it is added and taken away, to reload. */
const OTHER = '[[policy]]\nname = "other"\nprotocol = "tcp"\nto-ports = 4444\nuse = "line1"\n';

/** New flows without end: of the LAN and the router to the pinned port, and of the pinned user to another one. */
const startStorms = async (lab: Lab): Promise<void> => {
  const storm = (port: number): string => `${script('storm')} 10.99 ${port} 2`;
  await startTalker(lab, `exec ${inside('lan')}${storm(7777)}`);
  await startTalker(lab, `exec ${storm(7777)}`);
  await startTalker(lab, `exec setpriv --reuid=1000 --clear-groups ${storm(7778)}`);
};

/**
 * The traffic that the policies speak of. Not among it: what the router itself says to a server that goes on sending
 * to a connection which has ended (RST), because an answer follows what it answers.
 */
const WATCHED = ['udp dport { 7777, 7778 }', 'tcp dport { 7777, 7778 } tcp flags & (syn | ack | rst) != rst'];

/** Everything that can happen to an uplink, one after the other, with reloads between. */
const trouble = async (lab: Lab, reload: () => void): Promise<void> => {
  for (const id of [2, 3]) {
    const line = lab.line(id);
    lab.lose(line);
    reload();
    lab.restore(line);
    lab.sh(`ip link set ${line.device} down`);
    await sleep(50);
    lab.sh(`ip link set ${line.device} up`);
    await sleep(50);
    lab.event('up', line);
    assert.equal(lab.mlb(`down ${line.name}`).status, 0);
    reload();
    assert.equal(lab.mlb(`up ${line.name}`).status, 0);
    lab.sh(`ip -n isp link set ${line.other} down`);
    await sleep(50);
    lab.sh(`ip -n isp link set ${line.other} up`);
    lab.sh(`ip addr flush dev ${line.device}`);
    await sleep(50);
    lab.event('down', line);
    lab.sh(line.bringUp);
    lab.event('up', line);
  }
};

for (const mode of ['multipath', 'source', 'failover'] as const)
  test(`else = "reject": not one packet leaves by another uplink: ${mode}`, { skip }, async (t) => {
    const setup = { uplinks: THREE, settings: balanceBy(mode) };
    const lab = await labFor(t, setup);
    // Connections that are older than the policy, by whatever uplink they took; they go on trying.
    const old = [...flows(12, { port: 7777, clients: 12 }), ...flows(12, { port: 7777, protocol: 'udp' })];
    await lab.hold(old);
    await lab.hold(
      old.map(({ from: _, ...flow }) => flow),
      {},
    );
    await lab.hold(flows(12, { protocol: 'udp', port: 7778 }), { user: 1000 });
    const older = lab.watch(...WATCHED);
    await sleep(100);
    assert.ok((older().line1 ?? 0) + (older().line3 ?? 0) > 0, 'before the policy they use other uplinks');

    lab.reconfigure({ ...setup, policies: STRICT });
    lab.apply();
    const counted = lab.watch(...WATCHED);
    await startStorms(lab);
    let loud = false;
    await trouble(lab, () => {
      loud = !loud;
      lab.reconfigure({ ...setup, policies: loud ? `${OTHER}${STRICT}` : STRICT });
      lab.apply();
    });
    await sleep(100);
    const { line2 = 0, ...others } = counted();
    assert.deepEqual(positive(others), {});
    assert.ok(line2 > 500, `${line2} packets left by line2`);
  });
