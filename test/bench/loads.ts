/** What nftables adds to `apply` and to a link event. */

import type { Machine, makeMachine } from './machine.ts';
import { TWELVE_BY_CLIENT, TWELVE_ROUTED, TWO_HUNDRED_POLICIES, WIRE_OTHERS } from './many.ts';
import type { Row } from './table.ts';
import { COLD, inside, on, over, type Pair, processRow, REDIALLED, UP } from './timing.ts';

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

const twelve = (toml: string): Parameters<typeof makeMachine>[1] => ({ toml, script: WIRE_OTHERS });

export const measureRulesets = async (): Promise<boolean[]> => [
  ...(await on(10, loadRows, { toml: TWO_HUNDRED_POLICIES, script: '' })),
  ...(await on(10, (machine) => eventRows(machine, 'routed', 5), twelve(TWELVE_ROUTED))),
  ...(await on(10, (machine) => eventRows(machine, 'by client', 6), twelve(TWELVE_BY_CLIENT))),
];
