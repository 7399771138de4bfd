import { TABLE } from '../config/constants.ts';
import { renderRoute, routeKey, routesEqual } from '../kernel/route.ts';
import type { Change, Config, Conflict, Plan, Route } from '../model.ts';

/** Tables that we never write, whatever the protocol number of a route in them. */
const KERNEL_TABLES = new Set<number>([0, TABLE.default, TABLE.main, TABLE.local]);

/**
 * From the observed routes to the desired ones. `replace` only where what stands at that key is ours;
 * somebody else's route in our tables is reported and never touched.
 */
export const planRoutes = (config: Config, desired: readonly Route[], observed: readonly Route[]): Plan => {
  const { protocol } = config.settings;
  const tables = new Set([
    config.settings.tableBase,
    ...config.uplinks.map((uplink) => config.settings.tableBase + uplink.id),
  ]);
  const ours = new Map<string, Route[]>();
  const foreign = new Map<string, Route>();
  for (const route of observed) {
    if (KERNEL_TABLES.has(route.table)) continue;
    const key = routeKey(route);
    if (route.protocol === protocol) ours.set(key, [...(ours.get(key) ?? []), route]);
    else if (tables.has(route.table)) foreign.set(key, route);
  }
  const changes: Change[] = [];
  for (const route of desired) {
    const key = routeKey(route);
    const present = ours.get(key) ?? [];
    ours.delete(key);
    if (foreign.has(key)) continue;
    const kept = present.find((one) => routesEqual(one, route)) ?? present[0];
    if (kept === undefined) changes.push({ kind: 'route', op: 'add', route });
    else if (!routesEqual(kept, route)) changes.push({ kind: 'route', op: 'replace', route });
    // The same key twice: somebody appended a route with our protocol.
    for (const duplicate of present)
      if (duplicate !== kept) changes.push({ kind: 'route', op: 'delete', route: duplicate, exact: true });
  }
  for (const routes of ours.values())
    for (const route of routes) changes.push({ kind: 'route', op: 'delete', route });
  return { changes, conflicts: [...foreign.values()].map((route) => conflictOf(route, config)) };
};

const conflictOf = (route: Route, { settings, uplinks }: Config): Conflict => {
  const uplink = uplinks.find(({ id }) => settings.tableBase + id === route.table);
  const owner = uplink === undefined ? 'the balance table' : `the table of uplink "${uplink.name}"`;
  return {
    object: `route ${renderRoute(route)}`,
    consequence: `it stands in ${owner} and is left alone; what we would write with the same key is not written`,
    remedy: 'remove it or set another table-base',
  };
};
