/** What a hook costs: time, memory, processes. */
import type { Machine } from './machine.ts';
import type { Row } from './table.ts';
import {
  COLD,
  EMPTY,
  HOOK,
  inside,
  OTHER,
  on,
  over,
  type Pair,
  processRow,
  REDIALLED,
  UP,
  type Variant,
} from './timing.ts';

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

export const measureHooks = async (): Promise<boolean[]> => [
  ...(await on(10, (machine) => timeRows(machine))),
  ...(await on(1000, (machine) => [coldRow(machine, '1,000', 100, 15)])),
  ...(await on(10_000, (machine) => [coldRow(machine, '10,000', 450, 15), memoryRow(machine)])),
  ...(await on(10, (machine) => [processRow(machine, '10')])),
  ...(await on(10_000, (machine) => [processRow(machine, '10,000')])),
];
