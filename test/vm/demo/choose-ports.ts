import type { Lab } from '../lab/boot.ts';
import { LINES, NET } from '../lab/network.ts';

/** Ports to choose from. */
const FIRST = 40_000;
const CANDIDATES = 64;

/**
 * The first of `flows` adjacent source ports that the kernel spreads over both lines as their weights, 2 and 1, say.
 * Its hash is seeded at boot: eight flows taken at random may all use one line, and then there is little to see.
 */
export const chooseFirstPort = async (lab: Lab, flows: number, port: number): Promise<number> => {
  const ask = (source: number): string =>
    `route get ${NET.server} from ${NET.client} iif ${NET.lan.device} ipproto udp sport ${source} dport ${port}`;
  const input = Array.from({ length: CANDIDATES }, (_, index) => ask(FIRST + index)).join('\n');
  const answers = await lab.run('ip -batch -', { input });
  const onFirst = [...answers.matchAll(/^\S.* dev (\S+)/gm)].map(
    ([, device]) => device === LINES.dsl1.device,
  );
  const wanted = Math.round((flows * 2) / 3);
  const starts = Array.from({ length: CANDIDATES - flows + 1 }, (_, start) => start);
  const distance = (start: number): number =>
    Math.abs(onFirst.slice(start, start + flows).filter(Boolean).length - wanted);
  const best = starts.reduce((one, other) => (distance(other) < distance(one) ? other : one), 0);
  return FIRST + best;
};
