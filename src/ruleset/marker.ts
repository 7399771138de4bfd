import type { Ruleset } from '../model.ts';

/**
 * The name of the counter that proves what is loaded: `loaded_BUILD_LIVING`, the working uplinks as a bit mask in
 * hexadecimal.
 */
export const markerOf = ({ build, living }: Ruleset): string =>
  `loaded_${build}_${living.reduce((bits, id) => bits | (1n << BigInt(id)), 0n).toString(16)}`;

/** What a counter of that name proves; undefined for any other counter. */
export const parseMarker = (name: string): Ruleset | undefined => {
  const [, build, living] = /^loaded_([0-9a-f]+)_([0-9a-f]{1,16})$/.exec(name) ?? [];
  if (build === undefined || living === undefined) return undefined;
  const bits = BigInt(`0x${living}`);
  const ids = Array.from({ length: 64 }, (_, id) => id);
  return { build, living: ids.filter((id) => (bits >> BigInt(id)) & 1n) };
};
