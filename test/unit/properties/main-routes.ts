import type { Route } from '../../../src/model.ts';
import { writeRoute } from '../../helpers/fake-routes.ts';
import type { FakeState } from '../../helpers/fake-state.ts';
import { deviceOf, gatewayOf } from './world.ts';

/** A change of main that somebody else makes: a DHCP client's default, static routes. */
export const changeMain = (state: FakeState, position: number, variant: number, happens: string): void => {
  const lan = lanRoutes[(position + variant) % lanRoutes.length];
  if (happens === 'main-default') writeRoute(state, 'add', mainDefault(position, variant));
  else if (happens === 'static-route') writeRoute(state, 'add', staticRoute(position));
  else if (happens === 'lan-route' && lan !== undefined) writeRoute(state, 'add', lan);
  else if (happens === 'no-lan-route')
    state.routes = state.routes.filter(
      (route) => route.destination !== lan?.destination || route.table !== 254,
    );
  else if (happens === 'no-main-default')
    state.routes = state.routes.filter(({ table, metric }) => table !== 254 || metric !== 100 + position);
};

const inMain = { family: 4, table: 254, tos: 0, type: 'unicast', protocol: 3, metrics: {} } as const;
const plain = { weight: 1, onlink: false, dead: false };

/** The default that a DHCP client puts into main. */
export const mainDefault = (position: number, variant: number): Route => ({
  ...inMain,
  destination: 'default',
  metric: 100 + position,
  scope: 0,
  nexthops: [{ ...plain, gateway: gatewayOf(position, variant), device: deviceOf(position) }],
});

const staticRoute = (position: number): Route => ({
  ...inMain,
  destination: `10.210.${position}.0/24`,
  metric: 0,
  scope: 253,
  nexthops: [{ ...plain, device: deviceOf(position) }],
});

const behindLan = { ...plain, gateway: '192.168.1.254', device: 'lan0' };

const lanRoutes: readonly Route[] = [
  { ...inMain, destination: '10.200.0.0/16', metric: 0, scope: 0, nexthops: [behindLan] },
  {
    ...inMain,
    destination: '10.200.0.0/16',
    metric: 50,
    scope: 0,
    nexthops: [behindLan],
    metrics: { mtu: 1400 },
  },
  { ...inMain, destination: '10.201.0.0/16', metric: 0, scope: 0, type: 'blackhole', nexthops: [] },
  { ...inMain, destination: '10.202.0.1', metric: 0, scope: 253, nexthops: [{ ...plain, device: 'lan0' }] },
  { ...inMain, destination: '10.203.0.0/16', metric: 0, scope: 0, type: 'throw', nexthops: [] },
];
