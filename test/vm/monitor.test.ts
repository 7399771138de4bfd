import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bootLab, type Lab } from './lab/boot.ts';
import { buildNetwork, CONFIG, NET } from './lab/network.ts';
import { whyNoLab } from './lab/packages.ts';
import {
  configure,
  defaultsOf,
  hooksRan,
  installProduct,
  mlb,
  NOTHING,
  PRIO_SFQ,
  qdiscsOf,
  readLog,
} from './lab/product.ts';
import { dial, hangup, waitUntil } from './lab/uplinks.ts';

// The monitor as the installed unit, under a real systemd, in its sandbox.

/** What the unit says, sooner. */
const SOONER = '[Service]\nWatchdogSec=10\nRestartSec=5\n';
/** Milliseconds that a start may take in here. */
const SLOW = 60_000;
const VERDICTS = '/run/mlb-hooks/verdicts.json';

describe('the unit of the monitor under systemd', { skip: await whyNoLab(), timeout: 580_000 }, () => {
  let lab: Lab;

  before(async () => {
    lab = await bootLab({ systemd: true });
    await buildNetwork(lab);
    await configure(lab, CONFIG);
  });
  after(() => lab?.stop());

  test('install starts nothing, and names the one command that does', async () => {
    assert.match(await installProduct(lab), /systemctl enable --now mlb-hooks$/m);
    const modules = await lab.run('lsmod');
    for (const name of ['sch_sfq', 'sch_prio']) assert.ok(!modules.includes(name), name);
    assert.equal((await lab.exec('systemctl is-enabled mlb-hooks')).stdout, 'disabled\n');
    assert.equal(await property('ActiveState'), 'inactive');
  });

  test('enabled, it is ready when its first run is done and its word written', async () => {
    await lab.writeFile('/etc/systemd/system/mlb-hooks.service.d/lab.conf', SOONER, 0o644);
    await lab.run('systemctl enable --now mlb-hooks', { timeoutMs: SLOW });
    assert.equal(await property('ActiveState'), 'active');
    assert.match(await lab.readFile(VERDICTS), new RegExp(`"pid":${await property('MainPID')}\\b`));
    assert.notEqual(await property('StatusText'), '');
  });

  test('in its sandbox it builds all that a line needs that no hook told of, and the kernel loads the modules', async () => {
    await lab.run(`ip address add ${NET.cable.address}/24 dev ${NET.cable.device}`);
    await lab.run(`ip link set ${NET.cable.device} up`);
    await waitUntil(lab, `ip route show table 7703 | grep -q ^default`, SLOW);
    await settled();
    assert.deepEqual(await defaultsOf(lab, 7703), [`default via ${NET.cable.gateway} dev eth2 metric 1`]);
    assert.deepEqual(await qdiscsOf(lab, 'eth2'), PRIO_SFQ);
    assert.match(await lab.run('nft list tables'), /table inet mlb_hooks/);
    assert.equal(await lab.readFile('/proc/sys/net/ipv4/conf/eth2/ignore_routes_with_linkdown'), '1\n');
  });

  test('it probes the line in its sandbox, and finds it alive', async () => {
    await waitUntil(lab, `grep -q '"health":"alive"' ${VERDICTS}`, SLOW);
    assert.match(await lab.run('pgrep -af ^/usr/bin/ping'), / -I eth2 /);
    await waitUntil(lab, "systemctl show -P StatusText mlb-hooks | grep -q 'cable up'", SLOW);
  });

  test('hooks and monitor together: a dial and a hangup leave nothing to do', async () => {
    const { address } = await dial(lab, 'dsl1');
    await hooksRan(lab, 'ip-up', address);
    await settled();
    assert.deepEqual(await defaultsOf(lab, 7701), ['default dev ppp0 metric 1']);
    await hangup(lab, 'dsl1');
    await hooksRan(lab, 'ip-down', address);
    await settled();
  });

  test('what somebody takes away comes back', async () => {
    const before = await kernelState();
    await lab.run(
      'ip route flush table 7700; nft delete table inet mlb_hooks; tc qdisc delete dev eth2 root',
    );
    await waitUntil(
      lab,
      `tc qdisc show dev eth2 | grep -q 'sfq 773:' && nft list table inet mlb_hooks`,
      SLOW,
    );
    await settled();
    assert.deepEqual(await kernelState(), before);
  });

  test('a reload takes a changed configuration, and the process stays', async () => {
    const pid = await property('MainPID');
    await configure(lab, `${CONFIG}qdisc = "none"\n`);
    await lab.run('systemctl reload mlb-hooks');
    await waitUntil(lab, 'tc qdisc show dev eth2 | grep -q noqueue', SLOW);
    await configure(lab, CONFIG);
    await lab.run('systemctl reload mlb-hooks');
    await waitUntil(lab, `tc qdisc show dev eth2 | grep -q 'sfq 773:'`, SLOW);
    // systemd hears of the end of a reload a moment after the kernel has it.
    await waitUntil(lab, 'systemctl is-active -q mlb-hooks', SLOW);
    assert.equal(await property('MainPID'), pid);
  });

  test('killed, its word is taken back at once, what it built stays, and it is started anew', async () => {
    const [pid, kernel] = [await property('MainPID'), await kernelState()];
    await lab.run(`kill -9 ${pid}`);
    await waitUntil(
      lab,
      `[ ! -e ${VERDICTS} ] && systemctl show -P SubState mlb-hooks | grep -q restart`,
      SLOW,
    );
    assert.deepEqual(await kernelState(), kernel);
    assert.equal((await readLog(lab)).at(-1)?.hook, 'apply');
    assert.equal((await lab.exec('pgrep -x ping')).stdout, '', 'its children are gone with it');
    await restarted(pid);
  });

  test('one that stands still is killed and started anew', async () => {
    const pid = await property('MainPID');
    await lab.run(`kill -STOP ${pid}`);
    await restarted(pid);
    assert.match(await lab.run('journalctl --no-pager -u mlb-hooks'), /Watchdog timeout/);
  });

  test('an upgrade restarts it', async () => {
    const pid = await property('MainPID');
    await lab.run("sed -i 's/^Description=.*/Description=old/' /etc/systemd/system/mlb-hooks.service");
    assert.match(await installProduct(lab), /^mlb-hooks\.service: restarted$/m);
    assert.notEqual(await property('MainPID'), pid);
    assert.match(await property('Description'), /^Health checks/);
  });

  test('stopped, it takes its word back and nothing else', async () => {
    const kernel = await kernelState();
    await lab.run('systemctl stop mlb-hooks', { timeoutMs: SLOW });
    assert.equal(await property('Result'), 'success');
    assert.deepEqual(await kernelState(), kernel);
    assert.equal((await lab.exec(['test', '-e', VERDICTS])).code, 1);
    assert.equal(await mlb(lab, 'plan'), NOTHING);
  });

  test('with a wrong configuration it fails once, and is not tried again and again', async () => {
    await configure(lab, '[settings]\nnonsense = 1\n');
    await lab.exec('systemctl start mlb-hooks', { timeoutMs: SLOW });
    assert.equal(await property('ActiveState'), 'failed');
    assert.equal(await property('NRestarts'), '0');
    assert.match(await lab.run('journalctl --no-pager -u mlb-hooks'), /nonsense/);
    await configure(lab, CONFIG);
  });

  test('uninstall stops it before it flushes, and systemd knows no such unit any more', async () => {
    await lab.run('systemctl start mlb-hooks', { timeoutMs: SLOW });
    const said = await lab.run(['mlb-hooks', 'uninstall'], { timeoutMs: SLOW });
    assert.match(said, /^mlb-hooks\.service: stopped\n/);
    assert.equal(await property('LoadState'), 'not-found');
    assert.deepEqual(await defaultsOf(lab, 7703), []);
    assert.deepEqual(await qdiscsOf(lab, 'eth2'), ['root noqueue 0:']);
  });

  const property = async (name: string): Promise<string> =>
    (await lab.run(['systemctl', 'show', '-P', name, 'mlb-hooks'])).trimEnd();

  /** Until another process is the monitor, and is ready. */
  const restarted = (pid: string): Promise<void> =>
    waitUntil(
      lab,
      `now=$(systemctl show -P MainPID mlb-hooks) && [ $now != 0 ] && [ $now != ${pid} ] && systemctl is-active -q mlb-hooks`,
      SLOW,
    );

  const settled = (): Promise<void> => waitUntil(lab, 'mlb-hooks plan', SLOW);

  const kernelState = (): Promise<string> =>
    lab.run(
      'ip -N rule; for t in 7700 7701 7702 7703; do ip -N route show table $t; done 2>&1; tc qdisc show; nft list tables',
    );
});
