/** Random changes of links, routes and rules, for the fake kernel and the real one alike. */
import fc from 'fast-check';
import type { Address, Change, Nexthop, Route, Rule } from '../../src/model.ts';

export interface LinkStep {
  readonly kind: 'link';
  readonly at: number;
  readonly address: number;
  readonly does: 'create' | 'destroy' | 'up' | 'down' | 'carrier' | 'no-carrier' | 'address' | 'no-address';
}

export type Step = LinkStep | { readonly kind: 'change'; readonly change: Change };

export const deviceOf = (at: number): string => `v${at}`;

/** A subnet, a peer that all share, or an address alone. */
export const addressOf = (at: number, which: number): Address =>
  [
    { family: 4, address: `10.0.${at}.1`, prefixLength: 24 } as const,
    { family: 4, address: `10.64.1.${at + 1}`, peer: '10.64.0.1', prefixLength: 32 } as const,
    { family: 4, address: `10.8.0.${at + 1}`, prefixLength: 32 } as const,
  ][which % 3] ?? { family: 4, address: '10.9.9.9', prefixLength: 32 };

const linkSteps = (): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.constant('link' as const),
    at: fc.nat(2),
    address: fc.nat(2),
    does: fc.constantFrom(
      'create',
      'create',
      'destroy',
      'up',
      'up',
      'down',
      'carrier',
      'no-carrier',
      'address',
      'address',
      'no-address',
    ),
  });

const nexthops = (): fc.Arbitrary<Nexthop[]> =>
  fc
    .uniqueArray(
      fc.record({
        at: fc.nat(2),
        way: fc.constantFrom('device', 'device', 'subnet', 'peer', 'outside'),
        onlink: fc.boolean(),
        weight: fc.integer({ min: 1, max: 4 }),
      }),
      { minLength: 1, maxLength: 3, selector: ({ at }) => at },
    )
    .map((list) =>
      list.map(({ at, way, onlink, weight }): Nexthop => {
        const gateways = {
          device: undefined,
          subnet: `10.0.${at}.254`,
          peer: '10.64.0.1',
          outside: '10.99.0.1',
        };
        const gateway = gateways[way];
        const plain = { device: deviceOf(at), weight: list.length === 1 ? 1 : weight, dead: false };
        return gateway === undefined ? { ...plain, onlink: false } : { ...plain, gateway, onlink };
      }),
    );

const routes = (): fc.Arbitrary<Route> =>
  fc
    .record({
      table: fc.constantFrom(254, 7700, 7701),
      destination: fc.constantFrom(
        'default',
        'default',
        '10.50.0.0/16',
        '10.50.1.0/24',
        '10.64.0.1',
        '10.0.1.0/24',
      ),
      metric: fc.constantFrom(0, 1, 10),
      protocol: fc.constantFrom(77, 77, 3),
      members: nexthops(),
      blackhole: fc.constantFrom(false, false, false, true),
      source: fc.option(
        fc.tuple(fc.nat(2), fc.nat(2)).map(([at, which]) => addressOf(at, which).address),
        { nil: undefined, freq: 3 },
      ),
    })
    .map(({ members, blackhole, source, ...key }): Route => {
      const rest = { family: 4, ...key, tos: 0, metrics: {} } as const;
      if (blackhole) return { ...rest, type: 'blackhole', scope: 0, nexthops: [] };
      const local = members.length === 1 && members[0]?.gateway === undefined;
      const shape = { ...rest, type: 'unicast', scope: local ? 253 : 0, nexthops: members } as const;
      return source === undefined ? shape : { ...shape, source };
    });

const rules = (): fc.Arbitrary<Rule> =>
  fc
    .record({
      priority: fc.constantFrom(20000, 20101),
      protocol: fc.constantFrom(77, 3),
      // 0: the rule answers "unreachable"; then `ip` shows no suppress_prefixlength.
      table: fc.constantFrom(0, 254, 7701),
      from: fc.constantFrom(undefined, '10.64.1.1'),
      mark: fc.constantFrom(undefined, undefined, 0x1000000, 0x3f000000),
      mask: fc.constantFrom(0x3f000000, 0xffffffff),
      oif: fc.constantFrom(undefined, 'v0'),
      suppress: fc.constantFrom(undefined, 0),
    })
    .map(({ from, mark, mask, oif, suppress, ...rest }) => ({
      family: 4,
      foreign: false,
      ...rest,
      ...(rest.table === 0 ? { unreachable: true } : {}),
      ...(from === undefined ? {} : { from }),
      ...(mark === undefined ? {} : { mark: { value: mark, mask } }),
      ...(oif === undefined ? {} : { oif }),
      ...(suppress === undefined || rest.table === 0 ? {} : { suppressPrefixLength: suppress }),
    }));

const changes = (): fc.Arbitrary<Step> =>
  fc
    .oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('route' as const),
          op: fc.constantFrom('add', 'add', 'replace', 'delete'),
          route: routes(),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('rule' as const),
          op: fc.constantFrom('add', 'add', 'delete'),
          rule: rules(),
        }),
      },
    )
    .map((change) => ({ kind: 'change', change }));

/** The three links with their subnets up, most of the time, then anything. */
export const sequences = (): fc.Arbitrary<Step[]> =>
  fc
    .tuple(
      fc.subarray([0, 1, 2], { minLength: 1 }),
      fc.array(fc.oneof({ weight: 2, arbitrary: linkSteps() }, { weight: 5, arbitrary: changes() }), {
        minLength: 12,
        maxLength: 30,
      }),
    )
    .map(([up, list]) => [
      ...up.flatMap((at) =>
        (['create', 'address', 'up'] as const).map((does): Step => ({ kind: 'link', at, address: at, does })),
      ),
      ...list,
    ]);
