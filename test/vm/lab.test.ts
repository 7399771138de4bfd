import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bootLab, type Lab } from './lab/boot.ts';
import { buildNetwork, inNamespace, NET } from './lab/network.ts';
import { whyNoLab } from './lab/packages.ts';
import { startTraffic } from './lab/traffic.ts';
import { addressOf, dial, hangup, ifup, waitUntil } from './lab/uplinks.ts';

// What the other VM tests stand on: real pppd, real PPPoE, real ifup, and a provider that drops what a real one drops.

/** No product runs here that would do it. */
const MASQUERADE = `table ip lab_nat {
  chain postrouting {
    type nat hook postrouting priority srcnat
    ip saddr 10.0.16.0/24 ip daddr != 10.0.16.0/24 masquerade
  }
}
`;

// Appends how it was called to a file of its own, complete once it has the name that the tests wait for.
const recorder = (name: string): string => `#!/bin/sh
{ printf '%s\\n' "$#" "$@"; echo --; env; } > /run/${name}.$$ && mv /run/${name}.$$ "/run/${name}.\${IFACE:-$1}"
`;

describe('the VM lab', { skip: await whyNoLab(), timeout: 400_000 }, () => {
  let lab: Lab;

  before(async () => {
    lab = await bootLab();
    await buildNetwork(lab);
    await lab.run(['nft', '-f', '-'], { input: MASQUERADE });
    await lab.writeFile('/etc/ppp/ip-up.local', recorder('ip-up'), 0o755);
    await lab.writeFile('/etc/ppp/ip-down.local', recorder('ip-down'), 0o755);
    await lab.writeFile('/etc/network/if-up.d/recorder', recorder('if-up'), 0o755);
  });
  after(() => lab?.stop());

  test('the kernel has what routers have', async () => {
    await lab.run(
      'modprobe -a sch_prio sch_sfq sch_fq_codel sch_cake sch_htb sch_netem dummy ifb bonding macvlan vrf wireguard nf_nat_ftp',
    );
  });

  test('sixteen commands run at once', async () => {
    const exits = await Promise.all(
      Array.from({ length: 16 }, (_, index) => lab.exec(`sleep 1; exit ${index}`)),
    );
    assert.deepEqual(
      exits.map(({ code }) => code),
      [...exits.keys()],
    );
  });

  test('both PPPoE lines come up with one peer address, and pppd calls ip-up.local', async () => {
    const sessions = await Promise.all([dial(lab, 'dsl1'), dial(lab, 'dsl2')]);
    assert.deepEqual(
      sessions.map(({ device, address, peer }) => ({ device, address, peer })),
      [
        { device: 'ppp0', address: '10.64.10.10', peer: NET.peer },
        { device: 'ppp1', address: '10.64.11.10', peer: NET.peer },
      ],
    );
    await waitUntil(lab, '[ -e /run/ip-up.ppp0 ] && [ -e /run/ip-up.ppp1 ]');
    const [argv, env] = await recordOf('ip-up.ppp0');
    assert.deepEqual(argv, ['5', 'ppp0', 'w0', '0', '10.64.10.10', NET.peer]);
    const expected = {
      IFNAME: 'ppp0',
      LINKNAME: 'dsl1',
      DEVICE: 'w0',
      IPLOCAL: '10.64.10.10',
      PPPD_PID: `${sessions[0]?.pid}`,
      PPP_IFACE: 'ppp0',
    };
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, env[key]])), expected);
  });

  test('a real ifup runs if-up.d', async () => {
    await ifup(lab);
    const [argv, env] = await recordOf('if-up.eth2');
    assert.deepEqual(argv, ['0']);
    assert.deepEqual([env.IFACE, env.METHOD, env.IF_GATEWAY], ['eth2', 'static', NET.cable.gateway]);
    assert.match(await lab.run('ip route show default'), /^default via 10\.64\.2\.1 dev eth2/);
  });

  test('traffic passes from the LAN to the server, and is counted', async () => {
    const report = await (await startTraffic(lab, { flows: 4, durationMs: 1000 })).finished();
    assert.deepEqual([report.sent, report.lostUp, report.lostDown], [50, 0, 0]);
    assert.deepEqual(report.flows[0]?.carriers, [{ source: NET.cable.address, first: 0, last: 49 }]);
  });

  test('the provider drops what comes over the wrong line', async () => {
    const ping = (source: string): Promise<number | null> =>
      lab
        .exec(`ip route replace ${NET.server} dev ppp0 && ping -c 1 -W 1 -I ${source} ${NET.server}`)
        .then(({ code }) => code);
    assert.equal(await ping('10.64.10.10'), 0, 'with the address of the line');
    assert.equal(await ping('10.64.11.10'), 1, 'with the address of the other line');
    assert.equal(await ping(NET.cable.address), 1, 'with the address of the cable uplink');
    await lab.run(`ip route del ${NET.server}`);
  });

  test('a hangup removes the device and calls ip-down.local; a redial brings another address', async () => {
    await hangup(lab, 'dsl1');
    assert.deepEqual(await addressOf(lab, 'ppp0'), {});
    await waitUntil(lab, '[ -e /run/ip-down.ppp0 ]');
    assert.equal((await dial(lab, 'dsl1')).address, '10.64.10.11');
  });

  test('a failure says what was run and what came of it', async () => {
    await assert.rejects(lab.run(inNamespace('isp', 'false')), {
      name: 'LabError',
      message: /ip netns exec isp false\nexit 1/,
    });
    await assert.rejects(lab.exec('sleep 9', { timeoutMs: 100 }), {
      name: 'LabError',
      message: /sleep 9\nno end after 100 ms/,
    });
  });

  const recordOf = async (name: string): Promise<readonly [readonly string[], NodeJS.ProcessEnv]> => {
    const [argv = '', env = ''] = (await lab.readFile(`/run/${name}`)).split('--\n');
    const pairs = env
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
    return [argv.trim().split('\n'), Object.fromEntries(pairs)];
  };
});
