/** Keys that do not belong where they stand: misplaced, misspelled or unknown. */
import { closestMatch } from 'leven';
import type { Path, Problem } from './problem.ts';
import { SettingsToml, UplinkToml } from './schema.ts';
import { showKey, showSetting } from './show.ts';

/** The tables of the file, and what they may contain. */
const KNOWN: Readonly<Record<Place, readonly string[]>> = {
  top: ['settings', 'uplink'],
  settings: Object.keys(SettingsToml.entries),
  uplink: Object.keys(UplinkToml.entries),
};

type Place = 'top' | 'settings' | 'uplink';

const HEADER = { settings: '[settings]', uplink: '[[uplink]]' } as const;

/** A problem for every key of a table that the schema does not have there. `label` starts each message. */
export const keyProblems = (
  table: Readonly<Record<string, unknown>>,
  place: Place,
  path: Path,
  label: string,
): Problem[] =>
  Object.entries(table)
    .filter(([key]) => !KNOWN[place].includes(key))
    .map(([key, value]) => ({ path: [...path, key], ...verdict(key, value, place, label) }));

const verdict = (key: string, value: unknown, place: Place, label: string) =>
  misplaced(key, value, place, label) ?? unknown(key, value, place, label);

/** The classic slip: in TOML a key belongs to the last header above it. */
const misplaced = (key: string, value: unknown, place: Place, label: string) => {
  const shown = `${label}${showSetting(key, value)}`;
  if (place !== 'settings' && KNOWN.settings.includes(key))
    return {
      message: `${shown}: is a setting and stands ${place === 'top' ? 'above any header' : 'inside an uplink'}`,
      remedy: 'move it below [settings] and above the first [[uplink]]',
    };
  if (place !== 'uplink' && KNOWN.uplink.includes(key))
    return {
      message: `${shown}: belongs to an uplink and stands ${place === 'top' ? 'above any header' : 'inside [settings]'}`,
      remedy: 'move it below the [[uplink]] that it is about',
    };
  return undefined;
};

const unknown = (key: string, value: unknown, place: Place, label: string) => {
  const isTable = typeof value === 'object' && value !== null && !(value instanceof Date);
  const message = `${label}${isTable ? showKey(key) : showSetting(key, value)}: is not a known key`;
  const near = (place === 'top' && isTable ? (['top'] as const) : nearestPlaces(place))
    .map((where) => ({ where, key: nearest(key, where) }))
    .find((found) => found.key !== undefined);
  if (near?.key === undefined) return { message, remedy: `known here: ${KNOWN[place].join(', ')}` };
  const where =
    near.where === place || near.where === 'top' ? '' : `, which belongs below ${HEADER[near.where]}`;
  return { message, remedy: `did you mean ${showHeader(near.key)}${where}?` };
};

const nearestPlaces = (place: Place): readonly Place[] =>
  place === 'top'
    ? ['settings', 'uplink', 'top']
    : place === 'settings'
      ? ['settings', 'uplink']
      : ['uplink', 'settings'];

/** Near means that at least half of the letters are right. */
const nearest = (key: string, place: Place): string | undefined =>
  closestMatch(key.toLowerCase(), KNOWN[place], { maxDistance: Math.floor(key.length / 2) });

const showHeader = (key: string): string => (key === 'settings' || key === 'uplink' ? HEADER[key] : key);
