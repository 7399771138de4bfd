import type { NftLine, Ruleset } from '../model.ts';
import { addElements, addMap, addRule, type Command, deleteElements, flush } from './lines.ts';
import { markChain } from './marks.ts';
import { type Pool, shareOf } from './pools.ts';
import { SLOTS } from './slots.ts';

/** Any constant: two routers with the same configuration decide alike, and a reload does not deal anew. */
const SEED = '0x6d6c6268';

const hash = (key: string): string => `jhash ${key} mod ${SLOTS} seed ${SEED}`;

/**
 * What a slot is found by. A hash of the connection rather than a random number: the first packets of one connection may be
 * several at once, and all must decide alike; taking turns they cannot.
 */
const KEYS: Readonly<Record<Pool['choice'], readonly string[]>> = {
  first: ['meta nfproto'],
  turn: [`numgen inc mod ${SLOTS}`],
  client: [hash('ip saddr')],
  pair: [hash('ip saddr . ip daddr')],
  // What has no ports would be told apart by whatever stands in their place, such as a checksum.
  tuple: [
    `meta l4proto tcp ${hash('ip saddr . ip daddr . th sport . th dport')}`,
    `meta l4proto udp ${hash('ip saddr . ip daddr . th sport . th dport')}`,
    hash('ip saddr . ip daddr'),
  ],
};

/** Rules that send a new connection to the uplink of its slot; it comes through where no uplink of the pool works. */
export const dispatchRules = (chain: string, pool: Pool, about?: string): Command[] =>
  KEYS[pool.choice].map((key) => addRule(chain, `${key} vmap @${pool.name}`, about));

/** A pool's map. `typeof jhash …` would be the natural key, but nft 1.0.6 crashes when it lists such a map. */
export const poolMap = (pool: Pool, ruleset: Ruleset): Command[] => {
  const type = pool.choice === 'first' ? 'typeof meta nfproto' : `typeof numgen inc mod ${SLOTS}`;
  return [
    addMap(pool.name, `${type} : verdict`),
    flush('map', pool.name),
    ...fillPool(pool, shareOf(pool, ruleset)),
  ];
};

/** What a link event changes: the slots of the uplink that left or came back, and no others. */
export const updatePool = (pool: Pool, from: Ruleset, to: Ruleset): NftLine[] => {
  const before = shareOf(pool, from);
  const after = shareOf(pool, to);
  const lost = [...before].filter(([key, id]) => after.get(key) !== id).map(([key]) => key);
  const gained = new Map([...after].filter(([key, id]) => before.get(key) !== id));
  return [...(lost.length === 0 ? [] : [deleteElements(pool.name, lost)]), ...fillPool(pool, gained)];
};

const fillPool = ({ name }: Pool, share: ReadonlyMap<string, number>): Command[] =>
  share.size === 0
    ? []
    : [
        addElements(
          name,
          [...share].map(([key, id]) => `${key} : goto ${markChain(id)}`),
        ),
      ];
