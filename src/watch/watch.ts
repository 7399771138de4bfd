/** What the kernel tells of its own accord: links, addresses, routes, rules, qdiscs, and the loss of our nft table. */
import { keepRunning } from '../system/keep-running.ts';
import { stripControl } from '../system/strip-control.ts';
import { createSieve } from './sieve.ts';

export interface WatchOptions {
  /** Called with one line of what happened, at most 20 times a second for each tool. */
  readonly onChange: (what: string) => void;
  readonly onProblem: (text: string) => void;
  /** Which lines matter (`makeConcern`). */
  readonly concerns: (line: string) => boolean;
}

/**
 * Numbers instead of names (`-N`), so that /etc/iproute2 changes nothing. `tc -o` is of no use: it ends no line at all
 * (tried with iproute2 6.1).
 */
const LISTENERS: readonly { readonly tool: string; readonly args: readonly string[] }[] = [
  { tool: 'ip', args: ['-o', '-N', '-4', 'monitor', 'link', 'address', 'route', 'rule', 'nexthop'] },
  { tool: 'tc', args: ['monitor'] },
  { tool: 'nft', args: ['monitor', 'destroy', 'tables'] },
];

/** The kernel had more to tell than the tool could take (ENOBUFS): they go on, but something is missing. */
const LOST = /No buffer space|lost some netlink events|^!!!/;

/** Milliseconds after which one that still runs is known to work: nobody knows when it will have something to say. */
const STEADY = 2000;

/** Most characters of a line that are passed on. */
const LINE = 200;

/**
 * Listens until `stop`. A tool that ends is started again, and a change is reported as soon as it listens, because some
 * may have been missed; so is one at the start. Never throws: a tool that is not installed is a problem that is said.
 */
export const startWatch = ({
  onChange,
  onProblem,
  concerns,
}: WatchOptions): { readonly stop: () => void } => {
  const ends = LISTENERS.flatMap(({ tool, args }) => {
    const report = (what: string): void => onChange(`${tool}: ${tidy(stripControl(what, LINE))}`);
    const output = createSieve({ concerns: (line) => concerns(line) || LOST.test(line), onHit: report });
    const errors = createSieve({ concerns: (line) => LOST.test(line), onHit: report });
    const utf8 = new TextDecoder();
    let problem = '';
    const listener = keepRunning({
      tool,
      args,
      endsWithUs: true,
      mostNoise: Number.POSITIVE_INFINITY,
      onListening: () => report('listens from now on'),
      onOutput: (chunk) => {
        output.take(utf8.decode(chunk, { stream: true }));
        return false;
      },
      onError: errors.take,
      onEnd: ({ how, missing }, ran) => {
        const isSame = ran < STEADY && how === problem;
        problem = how;
        if (!isSame)
          onProblem(`${[tool, ...args].join(' ')}: ${how}${missing ? '' : '; it is started again'}`);
        return ran >= STEADY;
      },
    });
    return [listener, output, errors];
  });
  return {
    stop: () => {
      for (const { stop } of ends) stop();
    },
  };
};

/** A line for people: without the lifetimes and hardware addresses that `ip -o` has on what would be further lines. */
const tidy = (line: string): string => (line.split('\\ ', 1)[0] ?? '').replace(/\s+/g, ' ').trim();
