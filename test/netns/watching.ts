/** Starts the watch in a sandbox, and collects what it says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { makeSandbox, type Sandbox } from './sandbox.ts';

export interface Said {
  readonly kind: 'change' | 'problem' | 'suspects';
  readonly text: string;
  /** Milliseconds of CLOCK_MONOTONIC. */
  readonly at: number;
}

export interface Watching extends Sandbox {
  /** All that it has said so far. */
  readonly said: readonly Said[];
  /** Runs a script and returns what the watch says of changes until it has been quiet for a while. */
  readonly changesOf: (script: string) => Promise<readonly Said[]>;
  /** Waits for something; throws after some seconds. */
  readonly until: (what: string, isTrue: () => boolean, seconds?: number) => Promise<void>;
  /** Process ids of its tools: `ip`, `tc`, `nft`. */
  readonly tools: () => Readonly<Record<string, number>>;
  /** Process id of the watch itself. */
  readonly pid: () => number;
  readonly ask: () => void;
  /** Ends it as its owner would. */
  readonly end: () => void;
}

/** Two uplinks, eth1 and eth2, both up; eth1 has 192.0.2.2/24. */
const UPLINKS = `
  ip link add eth1 type veth peer name isp1 && ip link add eth2 type veth peer name isp2
  for device in eth1 isp1 eth2 isp2; do ip link set $device up || exit 1; done
  ip addr add 192.0.2.2/24 dev eth1`;

/** Longer than the watch holds lines back. */
const QUIET = 200;

/** Milliseconds of CLOCK_MONOTONIC, as the watch tells them. */
export const clock = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** Starts it after `prepare`, and waits until these tools listen. */
export const startWatching = async (
  t: TestContext,
  { prepare = 'true', tools = ['ip', 'tc', 'nft'] }: { prepare?: string; tools?: readonly string[] } = {},
): Promise<Watching> => {
  const sandbox = await makeSandbox();
  const directory = mkdtempSync(join(tmpdir(), 'mlb-hooks-test-'));
  t.after(() => {
    sandbox.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const bundle = join(directory, 'watch-child.mjs');
  const entry = join(import.meta.dirname, 'watch-child.ts');
  await build({ entryPoints: [entry], outfile: bundle, bundle: true, platform: 'node', format: 'esm' });
  sandbox.sh(`${UPLINKS}\n${prepare}`);
  const child = sandbox.start(`echo $$ > /run/pid; exec ${process.execPath} ${bundle}`);
  const said: Said[] = [];
  if (child.stdout !== null)
    createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line) as Said));

  const until: Watching['until'] = async (what, isTrue, seconds = 10) => {
    const start = clock();
    while (!isTrue()) {
      if (clock() - start > seconds * 1000) throw new Error(`not ${what}: ${JSON.stringify(said)}`);
      await sleep(10);
    }
  };
  const pid = (): number => Number(sandbox.sh('cat /run/pid'));
  const watching: Watching = {
    ...sandbox,
    said,
    until,
    pid,
    changesOf: async (script) => {
      const before = said.length;
      sandbox.sh(script);
      await sleep(QUIET);
      return said.slice(before).filter(({ kind }) => kind === 'change');
    },
    tools: () => {
      const lines = sandbox.sh(`ps -o comm=,pid= --ppid ${pid()}`).trim().split('\n');
      return Object.fromEntries(
        lines.map((line) => line.trim().split(/\s+/)).map(([name = '', id]) => [name, Number(id)]),
      );
    },
    ask: () => child.stdin?.write('?\n'),
    end: () => child.stdin?.end(),
  };
  for (const tool of tools)
    await until(`listening with ${tool}`, () => said.some(({ text }) => text === `${tool}: ${LISTENS}`));
  await sleep(QUIET);
  return watching;
};

/** What is said of a tool that has been started, or started again. */
export const LISTENS = 'listens from now on';
