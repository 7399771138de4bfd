import fc from 'fast-check';
import type { Config, Qdisc, Route, Rule } from '../../../src/model.ts';
import { deviceOf } from './world.ts';

/** What somebody put into the kernel. */
export interface Planted {
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  readonly qdiscs: readonly Qdisc[];
}

/** Somebody else's protocols. */
export const PROTOCOLS = [0, 2, 3, 4, 16, 76, 78, 255];
/** The default of `protocol`. */
export const OURS = 77;

/** Tables and metrics that meet ours often. */
const routes = ({ settings, uplinks }: Config, protocols: readonly number[]): fc.Arbitrary<Route> =>
  fc
    .record({
      table: fc.constantFrom(
        ...[0, ...uplinks.map(({ id }) => id), 63, -1].map((id) => settings.tableBase + id),
        52,
        254,
      ),
      destination: fc.constantFrom('default', '10.200.0.0/16', '192.168.1.0/24', '10.64.0.1', '10.99.0.0/16'),
      metric: fc.constantFrom(0, 1, 10, 1001, 1000 + (uplinks[0]?.id ?? 1), 1_000_000, 7),
      protocol: fc.constantFrom(...protocols),
      type: fc.constantFrom('unicast' as const, 'unicast' as const, 'blackhole' as const),
      device: fc.constantFrom('lan0', deviceOf(0), deviceOf(1)),
    })
    .map(({ device, type, ...rest }) => {
      const nexthops = type === 'unicast' ? [{ device, weight: 1, onlink: false, dead: false }] : [];
      const scope = type === 'unicast' ? 253 : 0;
      return { family: 4, tos: 0, scope, metrics: {}, type, nexthops, ...rest } as const;
    });

const rules = ({ settings, uplinks }: Config, protocols: readonly number[]): fc.Arbitrary<Rule> =>
  fc
    .record({
      priority: fc.constantFrom(0, 100, 20000, 20101, 20350, 20900, 19850, 32764),
      protocol: fc.constantFrom(...protocols),
      table: fc.constantFrom(254, 52, settings.tableBase, settings.tableBase + (uplinks[0]?.id ?? 1)),
      from: fc.option(fc.constantFrom('10.70.0.2', '192.168.0.0/16'), { nil: undefined }),
      oif: fc.option(fc.constantFrom('lan0', deviceOf(0)), { nil: undefined }),
      foreign: fc.boolean(),
    })
    .map(({ from, oif, foreign, ...rest }) => ({
      family: 4,
      ...rest,
      // Ours never has a selector that we do not write.
      foreign: foreign && rest.protocol !== OURS,
      ...selectorsOf(rest.protocol, from, oif),
    }));

/**
 * To the kernel, what `ip rule delete` does not name matches anything: a rule of ours with fewer selectors than one
 * that is wanted at the same priority, which no version of ours has written, would cost a second run.
 */
const selectorsOf = (protocol: number, from: string | undefined, oif: string | undefined): Partial<Rule> => ({
  ...(from === undefined && protocol !== OURS ? {} : { from: from ?? '10.70.0.3' }),
  ...(oif === undefined && protocol !== OURS ? {} : { oif: oif ?? 'gone0' }),
});

const qdiscs = (): fc.Arbitrary<Qdisc> =>
  fc
    .record({
      device: fc.constantFrom('lan0', deviceOf(0), deviceOf(1), deviceOf(2)),
      parent: fc.constantFrom('root', 'ffff:fff1'),
      kind: fc.constantFrom('htb', 'prio'),
    })
    .map(({ parent, ...rest }) => ({
      ...rest,
      parent,
      handle: parent === 'root' ? '1:' : 'ffff:',
      options: {},
    }));

/** Somebody's routes, rules and qdiscs inside and outside our ranges, with one of these protocols. */
export const planted = (config: Config, protocols: readonly number[]): fc.Arbitrary<Planted> =>
  fc.record({
    routes: fc.array(routes(config, protocols), { maxLength: 8 }),
    rules: fc.array(rules(config, protocols), { maxLength: 6 }),
    qdiscs: fc.array(qdiscs(), { maxLength: 4 }),
  });
