import type { Link, Qdisc, Route, Rule, Ruleset, Sysctl, Verdict } from '../../src/model.ts';

/** What the fake kernel holds. Its objects are never changed in place, so a copy of the containers is a copy. */
export interface FakeState {
  links: Map<string, Link>;
  /** In the kernel's order, as far as it shows: of two routes with one key, the first counts. */
  routes: Route[];
  rules: Rule[];
  qdiscs: Qdisc[];
  /** Undefined: there is no table of ours. */
  ruleset: Ruleset | undefined;
  /** By `DEVICE KEY`. */
  sysctls: Map<string, Sysctl>;
  leases: Map<string, string>;
  /** What the monitor says, by the uplink's id: no part of the kernel, but seen in the same look. */
  verdicts: Map<number, Verdict>;
  lastIndex: number;
  /** Kinds of qdisc that this kernel does not have. */
  lacking: ReadonlySet<string>;
}

/** A kernel that has just booted: `lo` is not modelled, the three rules of ip-rule(8) are there. */
export const bootState = (): FakeState => ({
  links: new Map(),
  routes: [],
  rules: [
    { family: 4, priority: 0, protocol: 2, table: 255, foreign: false },
    { family: 4, priority: 32766, protocol: 2, table: 254, foreign: false },
    { family: 4, priority: 32767, protocol: 2, table: 253, foreign: false },
  ],
  qdiscs: [],
  ruleset: undefined,
  sysctls: new Map(
    [
      { device: 'all', key: 'ignore_routes_with_linkdown', value: 0 } as const,
      { device: 'all', key: 'rp_filter', value: 0 } as const,
    ].map((sysctl) => [`${sysctl.device} ${sysctl.key}`, sysctl]),
  ),
  leases: new Map(),
  verdicts: new Map(),
  lastIndex: 1,
  lacking: new Set(),
});

/** An independent copy. */
export const copyState = (state: FakeState): FakeState => ({
  ...state,
  links: new Map(state.links),
  routes: [...state.routes],
  rules: [...state.rules],
  qdiscs: [...state.qdiscs],
  sysctls: new Map(state.sysctls),
  leases: new Map(state.leases),
  verdicts: new Map(state.verdicts),
});
