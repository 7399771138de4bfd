import { readdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { ProbeResult } from '../../../src/health/result.ts';
import type { Target } from '../../../src/model.ts';
import { makeSandbox, type Sandbox } from '../sandbox.ts';

/**
 * Two lines, w0 and w1, to the namespaces p0 and p1, which both have SERVER; main's default is by w0. The peers of the
 * lines are 10.8.0.2 and 10.8.1.2, and p1 has the servers.
 */
export const SERVER = '192.0.2.1';

/** What a prober told: a result, or why there is none. */
export type Told = Partial<ProbeResult> & { readonly target: string; readonly unknown?: string };

export const skip = process.getuid?.() === 0 ? false : 'needs root';

export const answers = (told: readonly Told[]): readonly Told[] =>
  told.filter(({ rtt }) => rtt !== undefined);

export const failures = (told: readonly Told[]): readonly Told[] =>
  told.filter(({ rtt, unknown }) => rtt === undefined && unknown === undefined);

export const unknowns = (told: readonly Told[]): readonly Told[] =>
  told.filter(({ unknown }) => unknown !== undefined);

/** A condition: at least so many. */
export const some =
  (count: number) =>
  (told: readonly Told[]): boolean =>
    told.length >= count;

/** Makes a namespace take nothing any more. */
export const BLACK_HOLE = `nft 'table inet hole { chain in { type filter hook input priority 0; drop; }; }'`;

/** Takes a program away until /usr/bin is unmounted. */
export const hide = (program: string): string => `mkdir -p /run/hide /run/hidden
  mount -t overlay -o lowerdir=/usr/bin,upperdir=/run/hide,workdir=/run/hidden overlay /usr/bin
  rm /usr/bin/${program}`;

/** Ids of the children of a process that run this program. */
export const childrenOf = (parent: number, program: string): number[] =>
  readdirSync('/proc')
    .filter(
      (name) => /^\d+$/.test(name) && /^(\d+) \(([^)]*)\) . (\d+)/.exec(statOf(name))?.[3] === String(parent),
    )
    .filter((name) => statOf(name).includes(`(${program})`))
    .map(Number);

/** Whether a process is there and not merely waited for by nobody. */
export const isRunning = (id: number): boolean => !/^(\d+ \(.*\) Z.*)?$/s.test(statOf(String(id)));

const statOf = (id: string): string => {
  try {
    return readFileSync(`/proc/${id}/stat`, 'utf8');
  } catch {
    return '';
  }
};

/** Probers that run in the sandbox. */
export interface Probers {
  readonly told: readonly Told[];
  /** Waits until what was told since `from` satisfies the condition; throws with all that was told otherwise. */
  readonly until: (what: string, holds: (told: readonly Told[]) => boolean, from?: number) => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly pid: number;
}

const makeLine = (line: number): string => `
  ip netns add p${line}
  ip link add w${line} type veth peer name p${line} netns p${line}
  ${raise(line)}
  ip netns exec p${line} sysctl -qw net.ipv4.ip_forward=1
  ip -n p${line} link set lo up
  ip -n p${line} addr add ${SERVER}/32 dev lo`;

/** Addresses and routes of a line whose devices are there. */
export const raise = (line: number): string => `
  ip addr add 10.8.${line}.1/24 dev w${line} && ip link set w${line} up
  ip route add default via 10.8.${line}.2 dev w${line} metric ${line + 1}
  ip -n p${line} addr add 10.8.${line}.2/24 dev p${line} && ip -n p${line} link set p${line} up`;

/** A sandbox with both lines. */
export const labFor = async (t: TestContext): Promise<Sandbox> => {
  const box = await makeSandbox();
  t.after(() => box.stop());
  box.sh(`set -e; ${makeLine(0)}; ${makeLine(1)}`);
  return box;
};

/** Starts the servers in p1. */
export const startServers = async (box: Sandbox): Promise<void> => {
  box.sh(`openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=${SERVER} -addext subjectAltName=IP:${SERVER} \
    -keyout /run/key -out /run/cert -days 2`);
  const server = box.start(
    `exec ip netns exec p1 ${process.execPath} ${import.meta.dirname}/servers.mjs /run/key /run/cert`,
  );
  await new Promise((resolve) => server.stdout?.once('data', resolve));
};

/** Probes these targets by way of a device, five times a second, with a timeout of 0.4 s. */
export const probe = (
  box: Sandbox,
  device: string,
  targets: readonly Target[],
  before = '',
  times: { readonly interval: number; readonly timeout: number } = { interval: 0.2, timeout: 0.4 },
): Probers => {
  const orders = targets.map((target) => ({ device, target, gateway: gatewayOf(device), ...times }));
  const driver = `${process.execPath} --import tsx ${import.meta.dirname}/driver.ts`;
  const child = box.start(`cd ${process.cwd()}; ${before} exec ${driver} '${JSON.stringify(orders)}'`);
  const told: Told[] = [];
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    told.push(...lines.map((line) => JSON.parse(line) as Told));
  });
  child.stderr?.pipe(process.stderr);
  const until: Probers['until'] = async (what, holds, from = 0) => {
    const end = performance.now() + 15_000;
    while (!holds(told.slice(from))) {
      if (performance.now() > end) throw new Error(`not seen: ${what}\n${JSON.stringify(told.slice(from))}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return {
    told,
    until,
    stop: async () => {
      child.stdin?.write('\n');
      await until('the end of the driver', (all) => all.some(({ unknown }) => unknown === 'stopped'));
    },
    pid: child.pid ?? 0,
  };
};

const gatewayOf = (device: string): string => `10.8.${device.slice(1)}.2`;

/** A target that is pinged. */
export const ping = (host: string): Target => ({ text: host, kind: 'ping', host });
