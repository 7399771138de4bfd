/** What to write instead, for each key. */
import type { HealthToml, MonitorToml } from './health-schema.ts';
import { PolicyToml } from './policy-schema.ts';
import type { SettingsToml, UplinkToml } from './schema.ts';
import { showSetting } from './show.ts';

/** The tables whose keys are known. */
export type TableSchema =
  | typeof SettingsToml
  | typeof UplinkToml
  | typeof PolicyToml
  | typeof HealthToml
  | typeof MonitorToml;

/** An example of each key that has no default. */
const EXAMPLE: Readonly<Record<string, unknown>> = {
  id: 1,
  name: 'dsl1',
  device: 'ppp0',
  upload: '900kbit',
  gateway: '192.0.2.1',
  'qdisc-replace': true,
  'max-rtt': 2000,
  'metrics-file': '/var/lib/prometheus/node-exporter/mlb-hooks.prom',
  'metrics-listen': '127.0.0.1:9917',
};

const POLICY_EXAMPLE: Readonly<Record<string, unknown>> = {
  name: 'mail',
  from: '192.168.1.0/24',
  to: '198.51.100.0/24',
  'to-domains': 'gov.br',
  protocol: 'tcp',
  'from-ports': '1024-65535',
  'to-ports': [25, 465],
  'in-device': 'eth0',
  user: 'proxy',
  dscp: 'ef',
  use: 'dsl1',
};

/** The remedy for a bad or missing value: its default, or an example. */
export const remedyOf = (schema: TableSchema, key: string): string => {
  const entry = Object.entries(schema.entries).find(([name]) => name === key)?.[1];
  if (entry !== undefined && 'default' in entry && entry.default !== undefined)
    return `leave it out for the default, ${showSetting(key, entry.default)}, or choose another value`;
  const examples = schema === PolicyToml ? POLICY_EXAMPLE : EXAMPLE;
  const example = `write for example ${showSetting(key, examples[key])}`;
  if (key === 'id') return `${example}: each uplink's own number, which fixes its table`;
  return entry?.type === 'exact_optional' ? `${example}, or leave it out` : example;
};
