import type { NftChange, NftTable, Ruleset } from '../model.ts';
import { markerOf } from '../ruleset/marker.ts';

/**
 * From what is loaded to what should be. Which uplinks work is changed in place; any other difference is a whole new
 * ruleset. The lines of the transactions are filled in later (src/ruleset/fill.ts): most runs need none.
 */
export const planNft = (desired: Ruleset | undefined, observed: NftTable): NftChange[] => {
  if (desired === undefined) return isThere(observed) ? [{ kind: 'nft', op: 'delete', lines: [] }] : [];
  const { loaded } = observed;
  if (loaded?.build !== desired.build)
    return [
      { kind: 'nft', op: 'prepare', ruleset: desired, lines: [] },
      { kind: 'nft', op: 'load', ruleset: desired, lines: [] },
      { kind: 'nft', op: 'clean', ruleset: desired, lines: [] },
    ];
  if (markerOf(loaded) === markerOf(desired)) return [];
  return [{ kind: 'nft', op: 'update', ruleset: desired, lines: [] }];
};

const isThere = ({ loaded, objects = [] }: NftTable): boolean => loaded !== undefined || objects.length > 0;
