/** Keys that do not belong where they stand: misplaced, misspelled or unknown. */
import { HealthToml, MonitorToml } from './health-schema.ts';
import { nearest } from './nearest.ts';
import { PolicyToml } from './policy-schema.ts';
import type { Path, Problem } from './problem.ts';
import { SettingsToml, UplinkToml } from './schema.ts';
import { showKey, showSetting } from './show.ts';

/** A table of the file; `top` is what stands above any header. */
export type Place = 'top' | Home | 'uplink.health' | 'sets';

/** The tables whose keys are known. */
type Home = (typeof HOMES)[number];

/** What each table may contain; the names of sets are free, but for the keys of other tables. */
const KNOWN: Readonly<Record<Place, readonly string[]>> = {
  top: ['settings', 'uplink', 'health', 'monitor', 'policy', 'sets'],
  settings: Object.keys(SettingsToml.entries),
  uplink: [...Object.keys(UplinkToml.entries), 'health'],
  'uplink.health': Object.keys(HealthToml.entries),
  health: Object.keys(HealthToml.entries),
  monitor: Object.keys(MonitorToml.entries),
  policy: Object.keys(PolicyToml.entries),
  sets: [],
};

const HEADER: Readonly<Record<string, string>> = {
  settings: '[settings]',
  uplink: '[[uplink]]',
  'uplink.health': '[uplink.health]',
  health: '[health]',
  monitor: '[monitor]',
  policy: '[[policy]]',
  sets: '[sets]',
};

/** Where a key stands, in words. */
const STANDS: Readonly<Record<Place, string>> = {
  top: 'stands above any header',
  settings: 'stands inside [settings]',
  uplink: 'stands inside an uplink',
  'uplink.health': 'stands inside [uplink.health]',
  health: 'stands inside [health]',
  monitor: 'stands inside [monitor]',
  policy: 'stands inside a policy',
  sets: 'stands inside [sets]',
};

const HOMES = ['settings', 'uplink', 'policy', 'health', 'monitor'] as const;

const BELONGS: Readonly<Record<Home, { readonly is: string; readonly remedy: string }>> = {
  settings: { is: 'is a setting', remedy: 'move it below [settings] and above the first [[uplink]]' },
  uplink: { is: 'belongs to an uplink', remedy: 'move it below the [[uplink]] that it is about' },
  policy: { is: 'belongs to a policy', remedy: 'move it below the [[policy]] that it is about' },
  health: {
    is: 'belongs to health checks',
    remedy: 'move it below [health], or below an [uplink.health] that ends the uplink which it is about',
  },
  monitor: { is: 'belongs to the monitor', remedy: 'move it below [monitor]' },
};

/**
 * A problem for every key of a table that the schema does not have there. `label` starts each message. A set may have
 * any name but that of a key: the likely slip would else take a condition from the policy above.
 */
export const keyProblems = (
  table: Readonly<Record<string, unknown>>,
  place: Place,
  path: Path,
  label: string,
): Problem[] =>
  Object.entries(table)
    .filter(([key]) => (place === 'sets' ? isKeyOfTable(key) : !KNOWN[place].includes(key)))
    .map(([key, value]) => ({ path: [...path, key], ...verdict(key, value, place, label) }));

/** Whether a word is a key of any table. */
export const isKeyOfTable = (key: string): boolean => HOMES.some((home) => KNOWN[home].includes(key));

const verdict = (key: string, value: unknown, place: Place, label: string) =>
  misplaced(key, value, place, label) ?? unknown(key, value, place, label);

/** The classic slip: in TOML a key belongs to the last header above it. */
const misplaced = (key: string, value: unknown, place: Place, label: string) => {
  const home = HOMES.find((table) => KNOWN[table].includes(key));
  if (home === undefined) return undefined;
  const { is } = BELONGS[home];
  const above = home === 'uplink' && place === 'uplink.health';
  const remedy = above ? 'move it above [uplink.health], which ends the uplink' : BELONGS[home].remedy;
  return { message: `${label}${showSetting(key, value)}: ${is} and ${STANDS[place]}`, remedy };
};

const unknown = (key: string, value: unknown, place: Place, label: string) => {
  const isTable = typeof value === 'object' && value !== null && !(value instanceof Date);
  const message = `${label}${isTable ? showKey(key) : showSetting(key, value)}: is not a known key`;
  const near = (place === 'top' && isTable ? (['top'] as const) : nearestPlaces(place))
    .map((where) => ({ where, key: nearest(key, KNOWN[where]) }))
    .find((found) => found.key !== undefined);
  if (near?.key === undefined) return { message, remedy: `known here: ${KNOWN[place].join(', ')}` };
  const where =
    near.where === place || near.where === 'top' ? '' : `, which belongs below ${HEADER[near.where]}`;
  return { message, remedy: `did you mean ${headerOf(near.where, near.key) ?? near.key}${where}?` };
};

const headerOf = (place: Place, key: string): string | undefined =>
  HEADER[place === 'uplink' ? `uplink.${key}` : key];

/** Its own table first, the top of the file last; only there can a table be meant. */
const nearestPlaces = (place: Place): readonly Place[] =>
  place === 'top' ? [...HOMES, 'top'] : [place, ...HOMES.filter((home) => home !== place)];
