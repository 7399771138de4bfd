import { BALANCE } from '../../src/config/schema.ts';
import { THREE_UPLINKS } from '../netns/router.ts';

/** A configuration whose forwarding is compared with the kernel's alone, without the program. */
export interface Compared {
  readonly what: string;
  readonly toml: string;
  /** Default routes of main while the program is not there. */
  readonly plain: string;
  /** What is done after `apply`. */
  readonly after?: string;
}

const NEXTHOPS = ['via 10.64.0.1 dev w0', 'via 10.64.0.1 dev w1', 'via 10.64.2.1 dev w2'] as const;
const SINGLE = NEXTHOPS[0];
const MULTIPATH = NEXTHOPS.map((nexthop, index) => `nexthop ${nexthop} weight ${index + 1}`).join(' ');

/** The table that plain forwarding needs: three lines. */
export const MASQUERADE = `
nft -f - <<'END'
table ip plain {
  chain leaving {
    type nat hook postrouting priority srcnat;
    oifname { "w0", "w1", "w2" } masquerade
  }
}
END
`;

export const withBalance = (balance: string, policies = '', uplinks: string = THREE_UPLINKS): string =>
  `[settings]\nbalance = "${balance}"\n${uplinks}\n${policies}`;

/** Of the kinds that people have, in turn; none matches what is sent here. */
const KINDS: readonly ((n: number) => string)[] = [
  (n) => `from = "10.5.${n}.0/24"`,
  (n) => `to = ["10.6.${n}.0/25", "10.7.${n}.1"]`,
  (n) => `protocol = "tcp"\nto-ports = [${10_000 + n}, "${20_000 + 10 * n}-${20_009 + 10 * n}"]`,
  (n) => `from = "10.8.${n}.0/24"\nprotocol = "udp"\nto-ports = [53, ${1000 + n}]`,
];

/** As many policies, one kind of them after the other; the last ones are strict. */
export const manyPolicies = (count: number, strict: number): string =>
  Array.from({ length: count + strict }, (_, n) => {
    const match = n < count ? (KINDS[Math.floor((n * KINDS.length) / count)] ?? String)(n) : KINDS[0]?.(n);
    const otherwise = n < count ? '' : 'else = "reject"\n';
    return `[[policy]]\nname = "policy${n}"\n${match}\nuse = "cable"\n${otherwise}`;
  }).join('\n');

export const COMPARED: readonly Compared[] = [
  {
    what: 'rules and routes alone',
    toml: withBalance('multipath'),
    plain: MULTIPATH,
    after: `nft delete table inet mlb_hooks\n${MASQUERADE}`,
  },
  ...BALANCE.map((balance) => ({
    what: balance,
    toml: withBalance(balance),
    plain: balance === 'failover' ? SINGLE : MULTIPATH,
  })),
  { what: '200 policies', toml: withBalance('multipath', manyPolicies(200, 0)), plain: MULTIPATH },
  {
    what: '200 policies + 20 strict',
    toml: withBalance('multipath', manyPolicies(200, 20)),
    plain: MULTIPATH,
  },
];
