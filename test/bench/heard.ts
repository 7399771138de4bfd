/** What the kernel tells of a lab's links, addresses, routes, rules and ruleset, with the time of each word. */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../netns/sandbox.ts';

export interface Heard {
  /** Milliseconds since 1970, of one clock for all tools. */
  readonly at: number;
  readonly text: string;
}

/** The list that grows while the sandbox is there, once both tools listen. */
export const hear = async (box: Sandbox): Promise<readonly Heard[]> => {
  const heard: Heard[] = [];
  // `ip` itself says when it read a message, so that it does not count how busy this process is.
  const ip = box.start('TZ=UTC exec ip -o -ts -N -4 monitor link address route rule');
  const nft = box.start('exec nft monitor');
  const add = (input: NodeJS.ReadableStream | null, read: (line: string) => Heard): void => {
    if (input !== null) createInterface({ input }).on('line', (line) => heard.push(read(line)));
  };
  add(ip.stdout, readStamp);
  add(nft.stdout, (text) => ({ at: Date.now(), text }));
  await sleep(300);
  return heard;
};

/** `[2026-01-31T12:00:00.123456] TEXT`. */
const readStamp = (line: string): Heard => {
  const [, toMilliseconds = '', micro = '', text = ''] = /^\[(\S+\.\d{3})(\d{3})\] (.*)/.exec(line) ?? [];
  return { at: Date.parse(`${toMilliseconds}Z`) + Number(micro) / 1000, text };
};

/** Waits until nothing more is heard. */
export const quiet = async (heard: readonly Heard[]): Promise<void> => {
  for (let before = -1; before !== heard.length; ) {
    before = heard.length;
    await sleep(QUIET);
  }
};

/** Milliseconds: more than the monitor rests after a run. */
const QUIET = 350;
