/**
 * Who gets which slot. Traffic is hashed, or counted, into slots; a map in the kernel leads from a slot to an uplink,
 * and a link event changes elements of that map.
 */
import { mix } from './hash.ts';

/** Slots of a pool: a share is right to a thousandth, and the map still loads in milliseconds. */
export const SLOTS = 1024;

/** An uplink that takes part in a pool, by its id (1..MAX_ID). */
export interface Member {
  readonly id: number;
  readonly weight: number;
}

/** `hash`: slots are scattered, and another weight moves few of them; `turn`: consecutive slots alternate. */
export type Deal = 'hash' | 'turn';

/**
 * The id of the uplink of each slot; 0 everywhere when none lives. Every slot has a fixed order of preference, so that
 * an uplink that dies moves its own slots alone and gets exactly those back, whatever else happens meanwhile.
 */
export const assignSlots = (
  members: readonly Member[],
  living: ReadonlySet<number>,
  deal: Deal,
): number[] => {
  const owners = new Array<number>(SLOTS).fill(0);
  const split = (slots: readonly number[], candidates: readonly Claim[], seed: number): void => {
    const alive = candidates.filter(({ id }) => living.has(id));
    if (alive.length === 0) return;
    // Too few to round well: each goes where chance by weight leads.
    if (alive.length === 1 || slots.length * 2 < candidates.length) {
      for (const slot of slots) owners[slot] = favourite(slot, alive);
      return;
    }
    const parts = apportion(slots.length, candidates, seed);
    const hands = deal === 'hash' ? dealByHash(slots, parts) : dealInTurn(slots, parts);
    parts.forEach((part, index) => {
      const hand = hands[index] ?? [];
      if (living.has(part.id)) for (const slot of hand) owners[slot] = part.id;
      else if (hand.length > 0) split(hand, inherit(part, parts), mix(seed, part.id));
    });
  };
  const total = sumOf(members);
  // By id: the order of the configuration must not matter.
  const claims = members
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, weight }) => ({ id, weight, claim: (SLOTS * weight) / total }));
  split([...owners.keys()], claims, 0);
  return owners;
};

/** A member and its due of some slots before rounding; below 0 where rounding gave too much before. */
interface Claim extends Member {
  readonly claim: number;
}

/** A member and its number of slots. */
interface Part extends Claim {
  readonly quota: number;
}

/**
 * Rounds claims, whose sum is the number of slots: each slot goes to the one that is owed most. Between equals a hash
 * decides, or low ids would always have a slot more.
 */
const apportion = (slots: number, candidates: readonly Claim[], seed: number): Part[] => {
  const owed = candidates.map(({ id, claim }) => claim + mix(seed, id) / 2 ** 52);
  const quotas = candidates.map(() => 0);
  for (let slot = 0; slot < slots; slot += 1) {
    const best = indexOfMost(owed);
    owed[best] = (owed[best] ?? 0) - 1;
    quotas[best] = (quotas[best] ?? 0) + 1;
  }
  return candidates.map(({ id, weight, claim }, index) => ({ id, weight, claim, quota: quotas[index] ?? 0 }));
};

/** What the others claim of a dead one's slots: its claim by weight, and what rounding has kept from each so far. */
const inherit = (dead: Part, parts: readonly Part[]): Claim[] => {
  const heirs = parts.filter((part) => part !== dead);
  const total = sumOf(heirs);
  return heirs.map(({ id, weight, claim, quota }) => ({
    id,
    weight,
    claim: claim - quota + (dead.claim * weight) / total,
  }));
};

/**
 * Rendezvous hashing with quotas: of all pairs of slot and uplink the one with the lowest score is served first.
 * Returns each part's slots, in the order of the parts.
 */
const dealByHash = (slots: readonly number[], parts: readonly Part[]): number[][] => {
  // Score and pair in one number, because nothing sorts faster than an array of plain numbers.
  const keys = new Float64Array(slots.length * parts.length);
  parts.forEach((part, row) => {
    slots.forEach((slot, column) => {
      const pair = row * slots.length + column;
      keys[pair] = score(slot, part) * MAX_PAIRS + pair;
    });
  });
  keys.sort();
  const hands = parts.map((): number[] => []);
  const taken = new Uint8Array(slots.length);
  for (const key of keys) {
    const pair = key % MAX_PAIRS;
    const column = pair % slots.length;
    const row = (pair - column) / slots.length;
    const hand = hands[row];
    if (taken[column] === 1 || hand === undefined || hand.length === parts[row]?.quota) continue;
    taken[column] = 1;
    hand.push(slots[column] ?? 0);
  }
  return hands;
};

/** Room for the pairs of all slots and 64 uplinks; with a score they fit into the 53 bits of a number. */
const MAX_PAIRS = SLOTS * 64;

/**
 * A whole number below 2^36, drawn from an exponential distribution: the lowest of several is a member's as often as
 * its weight says, and another weight changes no order but its own.
 */
const score = (slot: number, { id, weight }: Member): number =>
  Math.floor((-Math.log((mix(slot, id) + 1) / 2 ** 32) / weight) * 2 ** 31);

const favourite = (slot: number, members: readonly Member[]): number =>
  members[indexOfMost(members.map((member) => -score(slot, member)))]?.id ?? 0;

/** Smooth weighted round robin, as nginx does it: every stretch of slots is shared as evenly as whole slots can be. */
const dealInTurn = (slots: readonly number[], parts: readonly Part[]): number[][] => {
  const hands = parts.map((): number[] => []);
  const credits = parts.map(() => 0);
  for (const slot of slots) {
    parts.forEach(({ quota }, index) => {
      credits[index] = (credits[index] ?? 0) + quota;
    });
    const best = indexOfMost(credits);
    credits[best] = (credits[best] ?? 0) - slots.length;
    hands[best]?.push(slot);
  }
  return hands;
};

const indexOfMost = (numbers: readonly number[]): number =>
  numbers.reduce((best, number, index) => (number > (numbers[best] ?? 0) ? index : best), 0);

const sumOf = (members: readonly Member[]): number => members.reduce((sum, { weight }) => sum + weight, 0);
