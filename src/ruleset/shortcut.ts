/**
 * Policies of several kinds in a mixed order, such as hosts between ports, cannot share maps without losing the first
 * match: there would be almost as many lookups as policies. A shortcut before them is a few maps that hold every policy
 * regardless of the order. What misses all of them matches no policy; what hits is most often decided there and then.
 */
import type { Policy } from '../model.ts';
import { areDisjoint, type Box, boxOf } from './box.ts';
import { type Entry, type Field, fieldsOf, indexPolicies, keysOf } from './policy-index.ts';

/** What to ask before, and mostly instead of, the blocks of `indexPolicies`. */
export interface Shortcut {
  /** Asked one after the other; the first hit ends it. */
  readonly maps: readonly ShortcutMap[];
  /** Asked when every map missed: the policies that no map can decide about, the first match wins. */
  readonly rules: readonly Policy[];
}

/** One lookup. */
export interface ShortcutMap {
  readonly fields: readonly Field[];
  readonly entries: readonly ShortcutEntry[];
}

/** A policy that a map found. Unless `sure`, an earlier policy may match as well: ask all blocks in their order. */
export interface ShortcutEntry extends Entry {
  readonly sure: boolean;
}

/** The shortcut for policies, or undefined where their blocks are few anyway. */
export const findShortcut = (policies: readonly Policy[]): Shortcut | undefined => {
  const drafts: Draft[] = [];
  const earlier: Placed[] = [];
  for (const policy of policies) {
    const box = boxOf(policy);
    const fields = fieldsOf(policy);
    const place = fields.length === 0 ? Number.POSITIVE_INFINITY : placeFor(drafts, fields, box);
    const sure = earlier.every((other) => other.place < place || areDisjoint(other.box, box));
    drafts[place]?.members.push({ policy, box, sure });
    earlier.push({ policy, box, place });
  }
  const rules = earlier.filter(({ place }) => place === Number.POSITIVE_INFINITY);
  if (drafts.length + rules.length >= indexPolicies(policies).length) return undefined;
  return {
    maps: drafts.map(({ fields, members }) => ({
      fields,
      entries: members.map(({ policy, sure }) => ({ policy, keys: keysOf(policy, fields), sure })),
    })),
    rules: rules.map(({ policy }) => policy),
  };
};

interface Draft {
  readonly fields: readonly Field[];
  readonly shape: string;
  readonly members: { readonly policy: Policy; readonly box: Box; readonly sure: boolean }[];
}

/** A policy, and the number of its map; infinite for a rule, because rules come after all maps. */
interface Placed {
  readonly policy: Policy;
  readonly box: Box;
  readonly place: number;
}

/** The number of the first map that the policy fits into, which may be a new one: elements must not overlap. */
const placeFor = (drafts: Draft[], fields: readonly Field[], box: Box): number => {
  const shape = fields.join();
  const found = drafts.findIndex(
    (draft) => draft.shape === shape && draft.members.every((member) => areDisjoint(member.box, box)),
  );
  if (found >= 0) return found;
  return drafts.push({ fields, shape, members: [] }) - 1;
};
