/** [health], [uplink.health] and [monitor] as the program knows them. */
import * as v from 'valibot';
import { camelKeys } from './camel.ts';
import { type Health, HealthToml, type MonitorSettings, MonitorToml } from './health-schema.ts';

/** How an uplink is probed where nothing is written. */
export const defaultHealth = (): Health => ({ ...camelKeys(v.parse(HealthToml, {})), targets: [] });

/** The [monitor] table where nothing is written. */
export const defaultMonitor = (): MonitorSettings => camelKeys(v.parse(MonitorToml, {}));
