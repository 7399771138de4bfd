/** What forwarding costs: packets and connections through the program's rules and table, and without them. */

import type { Router } from '../netns/router.ts';
import type { Ran } from '../netns/sandbox.ts';
import { LOADS, type Load, makeForwarding, senderRate } from './forwarding.ts';
import { COMPARED, type Compared, MASQUERADE } from './rulesets.ts';
import { middleOf, print } from './table.ts';

const ROUNDS = 5;

/** Per load: how the table calls it, and what of it must get through. */
const FIGURES = {
  tcp: { what: 'TCP', least: 0.96 },
  new: { what: 'new flows', least: 0.95 },
  packet: { what: 'packets', least: 0 },
} as const;

/** What one second of a processor forwarded of a load, without the program and with it. */
interface Pair {
  readonly without: number;
  readonly through: number;
}

const must = (what: string, { status, stderr }: Ran): void => {
  if (status !== 0) throw new Error(`${what}: ${stderr}`);
};

const switchTo = (router: Router, { plain, after = '' }: Compared, program: boolean): void => {
  must('flush', router.mlb('flush'));
  router.sh(`nft flush ruleset; ip route replace default ${plain}`);
  if (program) must('apply', router.mlb('apply'));
  router.sh(program ? after : MASQUERADE);
};

/** Without and with in turn, all loads in each: a shared machine is not the same a minute later. */
const measurePairs = (router: Router, compared: Compared): ReadonlyMap<Load, readonly Pair[]> => {
  const measure = (program: boolean): number[] => {
    switchTo(router, compared, program);
    return LOADS.map((load) => load.measure(router));
  };
  router.configure(compared.toml);
  const rounds = Array.from({ length: ROUNDS }, () => {
    const without = measure(false);
    return measure(true).map((through, index): Pair => ({ without: without[index] ?? 0, through }));
  });
  return new Map(LOADS.map((load, index) => [load, rounds.flatMap((pairs) => pairs[index] ?? [])]));
};

/** The share that is left; `sender`: the rate of a sender whose packets are not forwarded, to take its cost away. */
const ratioOf = ({ without, through }: Pair, sender: number): number =>
  (1 / without - 1 / sender) / (1 / through - 1 / sender);

const printRatio = (what: string, load: Load, pairs: readonly Pair[], sender: number): boolean => {
  const ratios = pairs.map((pair) => ratioOf(pair, Number.POSITIVE_INFINITY)).sort((a, b) => a - b);
  const figure = FIGURES[load.name];
  const number = (value = Number.NaN): string => value.toFixed(2);
  const middle = middleOf(ratios);
  const met = middle >= figure.least;
  print(
    `${figure.what}: ${what}`,
    figure.least === 0 ? '' : number(figure.least),
    middle.toFixed(3),
    `${number(ratios[0])}..${number(ratios.at(-1))}`,
    Number.isFinite(sender) ? number(middleOf(pairs.map((pair) => ratioOf(pair, sender)))) : '',
    met ? '' : 'missed',
  );
  return met;
};

/** Prints each figure as it comes; returns which are met. */
export const compareTraffic = async (): Promise<boolean[]> => {
  const router = await makeForwarding();
  try {
    const senders = LOADS.map((load) => senderRate(router, load));
    print('of what plain multipath forwards', 'at least', 'median', 'min..max', 'net');
    const met = COMPARED.flatMap((compared) =>
      [...measurePairs(router, compared)].map(([load, pairs], index) =>
        printRatio(compared.what, load, pairs, senders[index] ?? Number.POSITIVE_INFINITY),
      ),
    );
    console.log('TCP by the clock, the others by CPU time; "net": without what the sender itself costs.');
    return met;
  } finally {
    router.stop();
  }
};
