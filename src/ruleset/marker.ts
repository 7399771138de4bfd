import type { Ruleset } from '../model.ts';

/**
 * The name of the counter that proves what is loaded: `loaded_BUILD_LIVING`, and, as far as there are any, `_UNPLUGGED`
 * and `_DEFERRED`: the uplinks as bit masks in hexadecimal.
 */
export const markerOf = ({ build, living, unplugged = [], deferred = [] }: Ruleset): string => {
  const masks = [living, unplugged, deferred];
  // The last one that says something: what comes behind it is left out.
  const last = Math.max(
    0,
    masks.findLastIndex((ids) => ids.length > 0),
  );
  return ['loaded', build, ...masks.slice(0, last + 1).map(hexOf)].join('_');
};

/** What a counter of that name proves; undefined for any other counter. */
export const parseMarker = (name: string): Ruleset | undefined => {
  const [, build, ...masks] = MARKER.exec(name) ?? [];
  const [living, unplugged = [], deferred = []] = masks.map((mask) => idsOf(mask ?? '0'));
  if (build === undefined || living === undefined) return undefined;
  return {
    build,
    living,
    ...(unplugged.length === 0 ? {} : { unplugged }),
    ...(deferred.length === 0 ? {} : { deferred }),
  };
};

const MARKER = /^loaded_([0-9a-f]+)_([0-9a-f]{1,16})(?:_([0-9a-f]{1,16}))?(?:_([0-9a-f]{1,16}))?$/;

const hexOf = (ids: readonly number[]): string =>
  ids.reduce((bits, id) => bits | (1n << BigInt(id)), 0n).toString(16);

const idsOf = (hex: string): number[] => {
  const bits = BigInt(`0x${hex}`);
  return Array.from({ length: 64 }, (_, id) => id).filter((id) => (bits >> BigInt(id)) & 1n);
};
