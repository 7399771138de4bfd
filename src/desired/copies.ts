import { TABLE } from '../config/constants.ts';
import { routeKey } from '../kernel/route.ts';
import type { Route } from '../model.ts';

/** What all our routes of one table share. */
export type Shape = Pick<Route, 'table' | 'protocol'>;

/**
 * Copies of main's routes for one uplink's table: everything but defaults, dead routes, `throw` (it would leave
 * our table, not main) and routes by other uplinks. Links come before gateways, so that each gateway is reachable
 * when its route is written. `taken` are routes that this table has already.
 */
export const computeCopies = (
  shape: Shape,
  main: readonly Route[],
  otherUplinks: ReadonlySet<string>,
  taken: readonly Route[],
): Route[] => {
  const seen = new Set(taken.map(routeKey));
  const copies: Route[] = [];
  for (const route of main) {
    if (!isCopied(route, otherUplinks)) continue;
    const copy = { ...route, ...shape, nexthops: route.nexthops };
    const key = routeKey(copy);
    if (seen.has(key)) continue;
    seen.add(key);
    copies.push(copy);
  }
  return copies.sort((a, b) => b.scope - a.scope);
};

/** The routes of main that may be copied. */
export const mainRoutes = (routes: readonly Route[]): Route[] =>
  routes.filter(({ table, destination }) => table === TABLE.main && destination !== 'default');

const isCopied = ({ type, nexthops }: Route, otherUplinks: ReadonlySet<string>): boolean =>
  type !== 'throw' &&
  nexthops.every(({ device = '', dead }) => !dead && !otherUplinks.has(device) && !UNWRITABLE.test(device));

/** `ip -batch` joins the line after a backslash and drops what follows `#`; the kernel allows both in a name. */
const UNWRITABLE = /[\\#]/;
