/** Commands timed on an installed program in a sandbox, each with a base measured beside it. */
import { BRING_UP, RECREATE } from '../netns/router.ts';
import { countProcesses, startedByNode } from './count.ts';
import { type Machine, makeMachine, NODE } from './machine.ts';
import { printRow, type Row } from './table.ts';

export const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', PPPD_PID: '4711' };
export const EMPTY = [NODE, '/run/empty.cjs'];
export const STUB = '/etc/ppp/ip-up.local';
export const UP = [STUB, 'w1', '/dev/null', '0', '10.64.0.11', '10.64.0.1', ''];
export const OTHER = [STUB, 'ppp9', '/dev/null', '0', '192.0.2.9', '192.0.2.1', ''];
export const HOOK = [NODE, '/usr/local/lib/mlb-hooks/current/start.cjs', 'ip-up', ...UP.slice(1)];

/** w1 as pppd leaves it before ip-up: the device is new, the routes of its last session are gone, and it has an address. */
export const REDIALLED = `
  ip link del w1
  /etc/ppp/ip-down.local w1 /dev/null 0 10.64.0.11 10.64.0.1 ''
  ${RECREATE.w1}
  ${BRING_UP.w1}`;

/** Nothing of ours in the kernel. */
export const COLD = '/usr/local/sbin/mlb-hooks flush >/dev/null';

export interface Variant {
  readonly name: string;
  readonly command: readonly string[];
  readonly script?: string;
}

export interface Taken {
  readonly ms: number;
  readonly cpu: number;
}

/** One run of a command, and one of the base beside it. */
export interface Pair {
  readonly base: Taken;
  readonly own: Taken;
}

export const inside = <T>(machine: Machine, job: object): T => {
  const measure = `${NODE} ${import.meta.dirname}/measure.mjs`;
  const input = JSON.stringify({ environment: ENVIRONMENT, base: EMPTY, ...job });
  const { status, stdout, stderr } = machine.try(measure, { input, timeout: 600_000 });
  if (status !== 0) throw new Error(`measure: ${stderr}`);
  return JSON.parse(stdout) as T;
};

/** Over the base: wall-clock time of each run, and CPU time on average, since its clock is coarse. */
export const over = (pairs: readonly Pair[] = []): Pick<Row, 'values' | 'cpu'> => ({
  values: pairs.map(({ base, own }) => own.ms - base.ms),
  cpu: pairs.reduce((sum, { base, own }) => sum + own.cpu - base.cpu, 0) / pairs.length,
});

export const processRow = (machine: Machine, routes: string): Row => {
  machine.sh(REDIALLED);
  countProcesses(machine);
  machine.sh(`PPPD_PID=4711 ${UP.map((word) => `'${word}'`).join(' ')}`);
  const started = startedByNode(machine);
  console.error(`  started: ${started.map((line) => line.split(' ').slice(0, 4).join(' ')).join(' | ')}`);
  return { what: `processes of an up event, ${routes} routes`, most: 5, unit: '', values: [started.length] };
};

/** Makes a machine, measures, prints as it goes. */
export const on = async (
  routes: number,
  rows: (machine: Machine) => Row[],
  options?: Parameters<typeof makeMachine>[1],
): Promise<boolean[]> => {
  const machine = await makeMachine(routes, options);
  try {
    return rows(machine).map((row) => printRow(row, row.unit === ''));
  } finally {
    machine.end();
  }
};
