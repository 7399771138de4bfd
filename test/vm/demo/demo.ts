import { bootLab, type Lab } from '../lab/boot.ts';
import { buildNetwork } from '../lab/network.ts';
import { configure, installProduct, mlb } from '../lab/product.ts';
import { startTraffic, type Traffic, type TrafficReport } from '../lab/traffic.ts';
import { dial, hangup, waitUntil } from '../lab/uplinks.ts';
import { chooseFirstPort } from './choose-ports.ts';
import { CONFIG, FLOWS, INTERVAL_MS, INTRODUCTION } from './scene.ts';
import { type Screen, wrap } from './screen.ts';
import { summarize } from './summary.ts';
import { type Watch, watchSeconds } from './watch.ts';

/** How long each scene lasts under traffic, seconds. */
const BEFORE_S = 3;
const AFTER_S = 4;

/** The first port that startTraffic's server takes. */
const SERVER_PORT = 7001;

/** Plays the demonstration; rejects when any step fails or `signal` is aborted. The guest is gone afterwards. */
export const runDemo = async (screen: Screen, signal: AbortSignal): Promise<void> => {
  screen.print(INTRODUCTION);
  screen.startClock();
  screen.step(
    `Boot Debian's kernel in QEMU${process.env.MLB_LAB_KVM === '1' ? '' : ', every instruction emulated'}`,
  );
  const lab = await bootLab({ log: (line) => screen.say(wrap(line.replace(/^lab: /, ''))), signal });
  try {
    await play(lab, screen);
  } finally {
    await lab.stop();
  }
};

const play = async (lab: Lab, screen: Screen): Promise<void> => {
  await prepare(lab, screen);
  const first = await dialBoth(lab, screen);
  screen.step(
    `The LAN client sends ${FLOWS} UDP flows of ${1000 / INTERVAL_MS} packets a second to the server`,
  );
  const traffic = await startTraffic(lab, {
    flows: FLOWS,
    intervalMs: INTERVAL_MS,
    firstPort: await chooseFirstPort(lab, FLOWS, SERVER_PORT),
  });
  const watch = watchSeconds(traffic, screen);
  watch.header();
  await watch.seconds(BEFORE_S);
  const { redialled, report } = await hangupAndBack(lab, screen, watch, traffic);
  screen.step('What was lost, counted by sequence number at the server');
  screen.say(summarize(report, { ...first, redialled }, screen.paint));
  screen.rest();
};

const prepare = async (lab: Lab, screen: Screen): Promise<void> => {
  screen.step('Start the provider: two PPPoE servers and a server in the Internet');
  await buildNetwork(lab);
  // By default the kernel spreads pairs of hosts, and there is only one pair here: spread connections.
  const spread = 'sysctl -w net.ipv4.fib_multipath_hash_policy=1';
  screen.step('Install mlb-hooks on the router, and let the kernel spread connections');
  screen.command(spread, await lab.run(spread));
  await configure(lab, CONFIG);
  screen.command('mlb-hooks install', await installProduct(lab));
};

const dialBoth = async (lab: Lab, screen: Screen): Promise<{ dsl1: string; dsl2: string }> => {
  screen.step('pppd dials both lines and calls the hooks');
  const [one, two] = await Promise.all([dial(lab, 'dsl1'), dial(lab, 'dsl2')]);
  await waitUntil(lab, 'mlb-hooks plan >/dev/null');
  screen.command('mlb-hooks status', await mlb(lab, 'status'));
  return { dsl1: one.address, dsl2: two.address };
};

type Scene = { readonly redialled: string; readonly report: TrafficReport };

const hangupAndBack = async (lab: Lab, screen: Screen, watch: Watch, traffic: Traffic): Promise<Scene> => {
  screen.step('dsl1 is hung up while the traffic runs');
  watch.header();
  await hangup(lab, 'dsl1');
  await watch.seconds(AFTER_S);
  screen.command('mlb-hooks status', await mlb(lab, 'status'));
  screen.step('dsl1 is dialled again, and gets another address');
  watch.header();
  const { address } = await dial(lab, 'dsl1');
  await watch.seconds(AFTER_S);
  screen.command('mlb-hooks status', await mlb(lab, 'status'));
  watch.stop();
  return { redialled: address, report: await traffic.stop() };
};
