/**
 * The figures of the hooks, each with what it may be at most: `npm run bench`. In sandboxes, on the installed
 * program; medians, with a base measured beside each run, because an absolute time says more about the machine.
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { BRING_UP, RECREATE, routerFor, skip } from '../netns/router.ts';
import { lostPerFlow, startSink, startSource } from '../netns/traffic/flows.ts';
import { countProcesses, startedByNode } from './count.ts';
import { type Machine, makeMachine, NODE } from './machine.ts';
import { TWELVE_BY_CLIENT, TWELVE_ROUTED, TWO_HUNDRED_POLICIES, WIRE_OTHERS } from './many.ts';
import { print, printRow, type Row } from './table.ts';
import { compareTraffic } from './traffic.ts';

const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', PPPD_PID: '4711' };
const EMPTY = [NODE, '/run/empty.cjs'];
const STUB = '/etc/ppp/ip-up.local';
const UP = [STUB, 'w1', '/dev/null', '0', '10.64.0.11', '10.64.0.1', ''];
const OTHER = [STUB, 'ppp9', '/dev/null', '0', '192.0.2.9', '192.0.2.1', ''];
const HOOK = [NODE, '/usr/local/lib/mlb-hooks/current/start.cjs', 'ip-up', ...UP.slice(1)];

/** w1 as pppd leaves it before ip-up: the device is new, the routes of its last session are gone, and it has an address. */
const REDIALLED = `
  ip link del w1
  /etc/ppp/ip-down.local w1 /dev/null 0 10.64.0.11 10.64.0.1 ''
  ${RECREATE.w1}
  ${BRING_UP.w1}`;

/** Nothing of ours in the kernel. */
const COLD = '/usr/local/sbin/mlb-hooks flush >/dev/null';

interface Variant {
  readonly name: string;
  readonly command: readonly string[];
  readonly script?: string;
}

interface Taken {
  readonly ms: number;
  readonly cpu: number;
}

/** One run of a command, and one of the base beside it. */
interface Pair {
  readonly base: Taken;
  readonly own: Taken;
}

const inside = <T>(machine: Machine, job: object): T => {
  const measure = `${NODE} ${import.meta.dirname}/measure.mjs`;
  const input = JSON.stringify({ environment: ENVIRONMENT, base: EMPTY, ...job });
  const { status, stdout, stderr } = machine.try(measure, { input, timeout: 600_000 });
  if (status !== 0) throw new Error(`measure: ${stderr}`);
  return JSON.parse(stdout) as T;
};

/** Over the base: wall-clock time of each run, and CPU time on average, since its clock is coarse. */
const over = (pairs: readonly Pair[] = []): Pick<Row, 'values' | 'cpu'> => ({
  values: pairs.map(({ base, own }) => own.ms - base.ms),
  cpu: pairs.reduce((sum, { base, own }) => sum + own.cpu - base.cpu, 0) / pairs.length,
});

const timeRows = (machine: Machine): Row[] => {
  machine.sh('/usr/local/sbin/mlb-hooks apply || true');
  const variants: Variant[] = [
    { name: 'none', command: EMPTY },
    { name: 'other', command: OTHER },
    { name: 'same', command: UP },
    { name: 'up', command: UP, script: REDIALLED },
  ];
  const times = inside<Record<string, Pair[]>>(machine, { rounds: 25, variants });
  const row = (what: string, most: number, name: string): Row => ({
    what,
    most,
    unit: '+ms',
    ...over(times[name]),
  });
  return [
    {
      what: 'node running an empty file',
      most: Infinity,
      unit: 'ms',
      values: (times.none ?? []).map(({ own }) => own.ms),
    },
    row('hook, device that is not ours', 5, 'other'),
    row('event that changes nothing', 25, 'same'),
    row('up event, 10 routes', 40, 'up'),
  ];
};

const coldRow = (machine: Machine, routes: string, most: number, rounds: number): Row => {
  const times = inside<Record<string, Pair[]>>(machine, {
    rounds,
    variants: [{ name: 'up', command: UP, script: COLD }],
  });
  return {
    what: `up event, ${routes} routes, cold`,
    most,
    unit: '+ms',
    ...over(times.up),
  };
};

const memoryRow = (machine: Machine): Row => {
  const peaks = inside<number[]>(machine, { kind: 'peak', rounds: 5, script: COLD, command: HOOK });
  return { what: 'peak memory, 10,000 routes', most: 110, unit: 'MB', values: peaks.map((kb) => kb / 1000) };
};

/** The ruleset of 200 policies: nft alone, then the whole of `apply`. */
const loadRows = (machine: Machine): Row[] => {
  // The very commands of `plan`, as a file.
  machine.sh(`mlb-hooks plan >/run/plan.txt || [ $? = 2 ]
    sed -n "/^nft -f - <</,/^EOF/p" /run/plan.txt | sed '1d;$d' >/run/load.nft
    test -s /run/load.nft`);
  const times = inside<Record<string, Pair[]>>(machine, {
    rounds: 15,
    variants: [
      {
        name: 'nft',
        command: ['/usr/sbin/nft', '-f', '/run/load.nft'],
        script: 'nft delete table inet mlb_hooks 2>/dev/null || true',
      },
      { name: 'apply', command: ['/usr/local/sbin/mlb-hooks', 'apply'], script: COLD },
    ],
  });
  return [
    { what: 'nft, 200 policies', most: 100, unit: 'ms', values: (times.nft ?? []).map(({ own }) => own.ms) },
    { what: 'apply, 200 policies', most: Infinity, unit: '+ms', ...over(times.apply) },
  ];
};

/** A link that comes back, among twelve; `most` processes. */
const eventRows = (machine: Machine, what: string, most: number): Row[] => {
  machine.sh('/usr/local/sbin/mlb-hooks apply');
  const times = inside<Record<string, Pair[]>>(machine, {
    rounds: 15,
    variants: [{ name: 'up', command: UP, script: REDIALLED }],
  });
  return [
    { what: `up event, 12 uplinks, ${what}`, most: Infinity, unit: '+ms', ...over(times.up) },
    { ...processRow(machine, '10'), what: `processes, 12 uplinks, ${what}`, most },
  ];
};

const processRow = (machine: Machine, routes: string): Row => {
  machine.sh(REDIALLED);
  countProcesses(machine);
  machine.sh(`PPPD_PID=4711 ${UP.map((word) => `'${word}'`).join(' ')}`);
  const started = startedByNode(machine);
  console.error(`  started: ${started.map((line) => line.split(' ').slice(0, 4).join(' ')).join(' | ')}`);
  return { what: `processes of an up event, ${routes} routes`, most: 5, unit: '', values: [started.length] };
};

const LOSSES: readonly (readonly [what: string, command: string, most: number])[] = [
  ['device destroyed', 'ip link del w1', 1],
  ['device set down', 'ip link set w1 down', 1],
  ['address removed', 'ip addr flush dev w1', 1],
  ['carrier lost', 'ip -n isp link set i1 down', 2],
];

const lossRows = async (): Promise<Row[]> => {
  const flows = 24;
  const rows: Row[] = [];
  for (const [what, command, most] of LOSSES) {
    const ends: (() => void)[] = [];
    const router = await routerFor({ after: (end) => ends.push(end) });
    const sink = await startSink(router, 'isp');
    const source = await startSource(router, flows, 2);
    await sleep(300);
    router.sh(command);
    await sleep(700);
    const sent = Number(await source.ask());
    rows.push({
      what: `packets lost per flow: ${what}`,
      most,
      unit: '',
      values: lostPerFlow(await sink.arrived(), flows, sent),
    });
    for (const end of ends) end();
  }
  return rows;
};

/** Makes a machine, measures, prints as it goes. */
const on = async (
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

const measureHooks = async (): Promise<boolean[]> => [
  ...(await on(10, (machine) => timeRows(machine))),
  ...(await on(1000, (machine) => [coldRow(machine, '1,000', 100, 15)])),
  ...(await on(10_000, (machine) => [coldRow(machine, '10,000', 450, 15), memoryRow(machine)])),
  ...(await on(10, (machine) => [processRow(machine, '10')])),
  ...(await on(10_000, (machine) => [processRow(machine, '10,000')])),
];

const twelve = (toml: string): Parameters<typeof makeMachine>[1] => ({ toml, script: WIRE_OTHERS });

const measureRulesets = async (): Promise<boolean[]> => [
  ...(await on(10, loadRows, { toml: TWO_HUNDRED_POLICIES, script: '' })),
  ...(await on(10, (machine) => eventRows(machine, 'routed', 5), twelve(TWELVE_ROUTED))),
  ...(await on(10, (machine) => eventRows(machine, 'by client', 6), twelve(TWELVE_BY_CLIENT))),
];

const measureLosses = async (): Promise<boolean[]> => (await lossRows()).map((row) => printRow(row, true));

/** Parts of the benchmark, by the words that `npm run bench -- WORD...` takes; without any, all of them. */
const PARTS: Readonly<Record<string, () => Promise<boolean[]>>> = {
  hooks: measureHooks,
  rulesets: measureRulesets,
  losses: measureLosses,
  traffic: compareTraffic,
};

const main = async (): Promise<void> => {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((word) => !Object.hasOwn(PARTS, word));
  if (unknown.length > 0) {
    console.error(`unknown part: ${unknown.join(' ')}; there are ${Object.keys(PARTS).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const words = wanted.length === 0 ? Object.keys(PARTS) : wanted;
  if (skip !== false) {
    console.log(`no benchmark: ${skip}`);
    return;
  }
  const { stdout } = spawnSync('uname', ['-r'], { encoding: 'utf8' });
  console.log(
    `Node ${process.version}, Linux ${stdout.trim()}; "+" = over node running an empty file, beside it`,
  );
  print('what', 'at most', 'median', 'min..max', 'cpu');
  const met: boolean[] = [];
  for (const word of words) met.push(...((await PARTS[word]?.()) ?? []));
  const missed = met.filter((each) => !each).length;
  console.log(missed === 0 ? 'every figure met' : `${missed} of ${met.length} missed`);
  console.log(
    'Packets and processes: the worst, not the median. This kernel decides whether tc has work to do.',
  );
  process.exitCode = missed === 0 ? 0 : 1;
};

await main();
