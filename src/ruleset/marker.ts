import type { Ruleset } from '../model.ts';

/**
 * The name of the counter that proves what is loaded: `loaded_BUILD_LIVING` and, if any, `_UNPLUGGED`, the uplinks as
 * bit masks in hexadecimal.
 */
export const markerOf = ({ build, living, unplugged = [] }: Ruleset): string =>
  ['loaded', build, hexOf(living), ...(unplugged.length === 0 ? [] : [hexOf(unplugged)])].join('_');

/** What a counter of that name proves; undefined for any other counter. */
export const parseMarker = (name: string): Ruleset | undefined => {
  const [, build, living, unplugged] =
    /^loaded_([0-9a-f]+)_([0-9a-f]{1,16})(?:_([0-9a-f]{1,16}))?$/.exec(name) ?? [];
  if (build === undefined || living === undefined) return undefined;
  const ruleset = { build, living: idsOf(living) };
  return unplugged === undefined ? ruleset : { ...ruleset, unplugged: idsOf(unplugged) };
};

const hexOf = (ids: readonly number[]): string =>
  ids.reduce((bits, id) => bits | (1n << BigInt(id)), 0n).toString(16);

const idsOf = (hex: string): number[] => {
  const bits = BigInt(`0x${hex}`);
  return Array.from({ length: 64 }, (_, id) => id).filter((id) => (bits >> BigInt(id)) & 1n);
};
