/** Our table of nftables, as far as a plan sees it: which ruleset is loaded. Its text is tried on the real kernel. */
import type { NftChange, NftTable } from '../../src/model.ts';
import { markerOf } from '../../src/ruleset/marker.ts';
import type { FakeState } from './fake-state.ts';

/** What a list of the table shows: the marker alone. */
export const tableOf = ({ ruleset }: FakeState): NftTable =>
  ruleset === undefined
    ? { objects: [] }
    : { objects: [{ kind: 'counter', name: markerOf(ruleset) }], loaded: ruleset };

/** One transaction; an update deletes the marker that it was made upon, so that it is refused upon any other. */
export const changeRuleset = (state: FakeState, { op, ruleset }: NftChange): string | undefined => {
  switch (op) {
    case 'prepare':
    case 'clean':
      return undefined;
    case 'load':
      state.ruleset = ruleset;
      return undefined;
    case 'update':
      if (state.ruleset?.build !== ruleset?.build) return 'No such file or directory';
      state.ruleset = ruleset;
      return undefined;
    case 'delete':
      if (state.ruleset === undefined) return 'No such file or directory';
      state.ruleset = undefined;
      return undefined;
  }
};
