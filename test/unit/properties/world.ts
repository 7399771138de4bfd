/** Random configurations, and the addresses and gateways that their devices get. */
import fc from 'fast-check';
import * as v from 'valibot';
import { camelKeys } from '../../../src/config/camel.ts';
import { defaultHealth, defaultMonitor } from '../../../src/config/health.ts';
import { BALANCE, SettingsToml } from '../../../src/config/schema.ts';
import type { Address, Config, Uplink } from '../../../src/model.ts';
import { policies } from './policies.ts';

/** How a device gets its way out. */
export type Sort = 'ppp' | 'shared-ppp' | 'peer' | 'static' | 'dhcp' | 'lease' | 'event';

export interface World {
  readonly config: Config;
  /** By position of the uplink. */
  readonly sorts: readonly Sort[];
  /** Which of them are up when the story begins. */
  readonly dialled: readonly boolean[];
}

const SORTS: readonly Sort[] = ['ppp', 'shared-ppp', 'peer', 'static', 'dhcp', 'lease', 'event'];
const SETTINGS = camelKeys(v.parse(SettingsToml, {}));

/** One to six uplinks of every sort, tier, weight and qdisc, in every mode, with a few policies. */
export const worlds = (): fc.Arbitrary<World> =>
  fc
    .record({
      ids: fc.uniqueArray(fc.integer({ min: 1, max: 62 }), { minLength: 1, maxLength: 6 }),
      traits: fc.array(traits(), { minLength: 6, maxLength: 6 }),
      dialled: fc.array(mostly(), { minLength: 6, maxLength: 6 }),
      mainRoutes: fc.constantFrom('copy' as const, 'rule' as const),
      qdiscReplace: fc.boolean(),
      balance: fc.constantFrom(...BALANCE),
      allDead: fc.constantFrom('keep' as const, 'keep' as const, 'drop' as const),
      degraded: fc.constantFrom('deprefer' as const, 'deprefer' as const, 'ignore' as const),
    })
    .map(({ ids, traits: all, dialled, ...settings }) => ({
      dialled: dialled.slice(0, ids.length),
      sorts: ids.map((_, position) => all[position]?.sort ?? 'ppp'),
      config: {
        settings: { ...SETTINGS, ...settings },
        uplinks: ids.map((id, position) => uplinkOf(id, position, all[position])),
        policies: [],
        monitor: defaultMonitor(),
      },
    }))
    .chain((world) =>
      policies(world.config.uplinks.map(({ id }) => id)).map((list) => ({
        ...world,
        config: { ...world.config, policies: list },
      })),
    );

const mostly = (): fc.Arbitrary<boolean> => fc.constantFrom(true, true, true, false);

type Traits = Pick<Uplink, 'weight' | 'tier' | 'qdisc'> & { readonly sort: Sort; readonly limited: boolean };

const traits = (): fc.Arbitrary<Traits> =>
  fc.record({
    sort: fc.constantFrom(...SORTS),
    weight: fc.integer({ min: 1, max: 256 }),
    tier: fc.integer({ min: 1, max: 3 }),
    qdisc: fc.constantFrom('prio-sfq' as const, 'fq_codel' as const, 'cake' as const, 'none' as const),
    limited: fc.boolean(),
  });

const uplinkOf = (id: number, position: number, found: Traits | undefined): Uplink => {
  const { sort = 'ppp', limited = false, weight = 1, tier = 1, qdisc = 'none' } = found ?? {};
  return {
    id,
    name: `up${position}`,
    device: deviceOf(position),
    weight,
    tier,
    qdisc,
    masquerade: 'private',
    clampMss: true,
    health: defaultHealth(),
    ...(limited ? { upload: 900_000 } : {}),
    ...(sort === 'static' ? { gateway: gatewayOf(position, 0) } : {}),
  };
};

/** Name of the device of the uplink at this position. */
export const deviceOf = (position: number): string => `w${position}`;

/** The address that a device gets; there are two to choose from, so that a redial can bring another. */
export const addressOf = (sort: Sort, position: number, variant: number): Address => {
  const local = `10.${70 + variant}.${position}.2`;
  if (sort === 'shared-ppp') return { family: 4, address: local, peer: '10.64.0.1', prefixLength: 32 };
  if (sort === 'ppp' || sort === 'peer')
    return { family: 4, address: local, peer: gatewayOf(position, variant), prefixLength: 32 };
  return { family: 4, address: local, prefixLength: 24 };
};

/** The gateway of that address; a configured one is outside the second address's subnet. */
export const gatewayOf = (position: number, variant: number): string => `10.${70 + variant}.${position}.1`;

/** No link-layer addresses, as on a ppp device. */
export const isNoArp = (sort: Sort): boolean => sort === 'ppp' || sort === 'shared-ppp';
