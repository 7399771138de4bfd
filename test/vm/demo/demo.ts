import { bootLab, type Lab } from '../lab/boot.ts';
import { buildNetwork } from '../lab/network.ts';
import { configure, hooksRan, installProduct, mlb } from '../lab/product.ts';
import { startTraffic, type TrafficReport } from '../lab/traffic.ts';
import { dial, hangup, waitUntil } from '../lab/uplinks.ts';
import { CONFIG, FLOWS, INTERVAL_MS, INTRODUCTION } from './scene.ts';
import { type Screen, wrap } from './screen.ts';
import { summarize } from './summary.ts';
import { type Watch, watchSeconds } from './watch.ts';

/** How long each scene lasts under traffic, seconds. */
const BEFORE_S = 3;
const AFTER_S = 4;
const NEW_S = 2;

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
    `The LAN opens ${FLOWS} UDP flows of ${1000 / INTERVAL_MS} packets a second, and the phone one`,
  );
  const traffic = await startTraffic(lab, { flows: FLOWS, intervalMs: INTERVAL_MS });
  const phone = await startTraffic(lab, { flows: 1, intervalMs: INTERVAL_MS });
  const watch = watchSeconds(traffic, screen);
  watch.header();
  await watch.seconds(BEFORE_S);
  const redialled = await hangupAndBack(lab, screen, watch);
  const later = await openMore(lab, screen);
  screen.command('mlb-hooks status', await mlb(lab, 'status'));
  screen.step('What became of the flows, by what the server got of each');
  const reports = { flows: await traffic.stop(), phone: await phone.stop(), later };
  screen.say(summarize(reports, { ...first, redialled }, screen.paint));
  screen.rest();
};

const prepare = async (lab: Lab, screen: Screen): Promise<void> => {
  screen.step('Start the provider: two PPPoE servers and a server in the Internet');
  await buildNetwork(lab);
  screen.step('Install mlb-hooks on the router');
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

const hangupAndBack = async (lab: Lab, screen: Screen, watch: Watch): Promise<string> => {
  screen.step('dsl1 is hung up while the traffic runs: its flows move, the others stay');
  watch.header();
  await hangup(lab, 'dsl1');
  await watch.seconds(AFTER_S);
  screen.step('dsl1 is dialled again, with another address: nothing moves without need');
  watch.header();
  const { address } = await dial(lab, 'dsl1');
  await hooksRan(lab, 'ip-up', address);
  await watch.seconds(AFTER_S);
  watch.stop();
  return address;
};

const openMore = async (lab: Lab, screen: Screen): Promise<TrafficReport> => {
  screen.step(`${FLOWS} more flows: new connections take dsl1 again`);
  const traffic = await startTraffic(lab, { flows: FLOWS, intervalMs: INTERVAL_MS });
  const watch = watchSeconds(traffic, screen);
  watch.header();
  await watch.seconds(NEW_S);
  watch.stop();
  return traffic.stop();
};
