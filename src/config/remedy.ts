/** What to write instead, for each key. */
import { type SettingsToml, UplinkToml } from './schema.ts';
import { showSetting } from './show.ts';

/** An example of each uplink key that has no default. */
const EXAMPLE: Readonly<Record<string, unknown>> = {
  id: 1,
  name: 'dsl1',
  device: 'ppp0',
  upload: '900kbit',
  gateway: '192.0.2.1',
  'qdisc-replace': true,
};

/** The remedy for a bad or missing value: its default, or an example. */
export const remedyOf = (schema: typeof SettingsToml | typeof UplinkToml, key: string): string => {
  const entry = Object.entries(schema.entries).find(([name]) => name === key)?.[1];
  if (entry !== undefined && 'default' in entry && entry.default !== undefined)
    return `leave it out for the default, ${showSetting(key, entry.default)}, or choose another value`;
  const example = `write for example ${showSetting(key, EXAMPLE[key])}`;
  if (key === 'id') return `${example}: each uplink's own number, which fixes its table`;
  return entry?.type === 'exact_optional' && schema === UplinkToml ? `${example}, or leave it out` : example;
};
