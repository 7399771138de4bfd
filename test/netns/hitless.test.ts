import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ADDRESS,
  BRING_UP,
  type Device,
  downHook,
  ours,
  RECREATE,
  type Router,
  routerFor,
  skip,
  upHook,
} from './router.ts';
import { lostPerFlow, PORT, type Sink, sharesOf, startSink, startSource } from './traffic/flows.ts';

const FLOWS = 24;

const setUp = async (t: TestContext): Promise<{ router: Router; sink: Sink }> => {
  const router = await routerFor(t);
  return { router, sink: await startSink(router, 'isp') };
};

interface Trial {
  readonly router: Router;
  readonly sink: Sink;
  readonly before: string;
  readonly lost: readonly number[];
}

/**
 * A busy machine stretches what the kernel does at once, such as the two steps of destroying a device, over several
 * packets: the best of three trials counts.
 */
const bestTrial = async (t: TestContext, command: string, most: number): Promise<Trial> => {
  for (let trial = 1; ; trial++) {
    const { router, sink } = await setUp(t);
    const before = ours(router);
    const lost = await lossDuring(router, sink, command);
    if (Math.max(...lost) <= most || trial === 3) return { router, sink, before, lost };
  }
};

/** Packets lost per flow while a command runs, 2 ms apart, with no hook. */
const lossDuring = async (router: Router, sink: Sink, command: string): Promise<number[]> => {
  const source = await startSource(router, FLOWS, 2);
  await sleep(300);
  router.sh(command);
  await sleep(500);
  const sent = Number(await source.ask());
  assert.ok(sent > 300, `only ${sent} packets per flow were sent`);
  return lostPerFlow(await sink.arrived(), FLOWS, sent);
};

interface Loss {
  readonly lose: (device: Device) => string;
  readonly back: (device: Device) => string;
  /** Packets that each flow may lose. */
  readonly most: number;
}

const LOSSES: Readonly<Record<string, Loss>> = {
  'is destroyed': {
    lose: (device) => `ip link del ${device}`,
    back: (device) => `${RECREATE[device]}\n${BRING_UP[device]}`,
    most: 1,
  },
  'is set down': {
    lose: (device) => `ip link set ${device} down`,
    back: (device) => `ip link set ${device} up`,
    most: 1,
  },
  'loses its address': {
    lose: (device) => `ip addr flush dev ${device}`,
    back: (device) => BRING_UP[device],
    most: 1,
  },
  'loses its carrier': {
    lose: (device) => `ip -n isp link set i${device.slice(1)} down`,
    back: (device) => `ip -n isp link set i${device.slice(1)} up`,
    most: 2,
  },
};

for (const [what, { lose, back, most }] of Object.entries(LOSSES))
  for (const device of ['w1', 'w2'] as const)
    test(`when ${device} ${what}, no flow loses more than ${most} before any hook runs`, {
      skip,
    }, async (t) => {
      const { router, sink, before, lost } = await bestTrial(t, lose(device), most);
      assert.ok(Math.max(...lost) <= most, `lost per flow: ${lost.join(' ')}`);

      downHook(router, device);
      const shares = await sharesOf(router, sink, 60);
      const survivors = Object.entries(ADDRESS).flatMap(([name, address]) =>
        name === device ? [] : [address],
      );
      assert.deepEqual(Object.keys(shares).sort(), survivors, 'both survivors carry after the hook');

      router.sh(back(device));
      assert.equal(upHook(router, device).status, 0);
      await untilCarrier(router, device);
      const again = await sharesOf(router, sink, 60);
      assert.deepEqual(Object.keys(again).sort(), Object.values(ADDRESS).sort(), 'it carries again');
      assert.equal(ours(router), before, 'the state is as before');
    });

const untilCarrier = async (router: Router, device: Device): Promise<void> => {
  for (let tries = 0; tries < 40; tries++) {
    if (!router.sh(`ip link show ${device}`).includes('NO-CARRIER')) return;
    await sleep(50);
  }
  assert.fail(`${device} has no carrier after 2 s`);
};

test('a link that comes back works before its hook does, and no flow loses more than one packet', {
  skip,
}, async (t) => {
  const { router, sink } = await setUp(t);
  router.sh('ip link set w2 down');
  const lost = await lossDuring(router, sink, 'ip link set w2 up');
  assert.ok(Math.max(...lost) <= 1, `lost per flow: ${lost.join(' ')}`);
});

test('an event that changes nothing costs no packet, nor does one that changes everything', {
  skip,
}, async (t) => {
  const { router, sink } = await setUp(t);
  const source = await startSource(router, FLOWS, 2);
  await sleep(200);
  upHook(router, 'w0');
  router.configure(router.sh('cat /etc/mlb-hooks/config.toml').replace('weight = 3', 'weight = 200'));
  router.sh('ip route add 172.16.0.0/16 via 192.168.7.10');
  upHook(router, 'w0');
  await sleep(100);
  const sent = Number(await source.ask());
  const lost = lostPerFlow(await sink.arrived(), FLOWS, sent);
  assert.ok(Math.max(...lost) <= 1, `lost per flow: ${lost.join(' ')}`);
});

test("the router's own TCP from an address that vanished is aborted by the hook", { skip }, async (t) => {
  const { router } = await setUp(t);
  const script = `${import.meta.dirname}/traffic/connect.mjs`;
  const child = router.start(`exec ${process.execPath} ${script} 10.99.0.1 ${PORT} ${ADDRESS.w1} hold`);
  let output = '';
  child.stdout?.on('data', (data: Buffer) => {
    output += data.toString();
  });
  for (let tries = 0; tries < 40 && output === ''; tries++) await sleep(50);
  assert.equal(output, `${ADDRESS.w1}\n`);
  // What is not acknowledged yet would be sent again by another line, where its server knows nothing of it.
  await sleep(500);
  router.sh('ip link del w1');
  await sleep(300);
  assert.equal(output, `${ADDRESS.w1}\n`, 'it hangs until somebody tells it');
  downHook(router, 'w1');
  for (let tries = 0; tries < 20 && child.exitCode === null; tries++) await sleep(50);
  if (child.exitCode === null && !destroys(router)) t.skip('this kernel lacks INET_DIAG_DESTROY');
  else assert.match(output, /^ECONNABORTED /m);
});

const destroys = (router: Router): boolean =>
  router.try('zcat /proc/config.gz 2>/dev/null | grep -q INET_DIAG_DESTROY=y').status === 0;
