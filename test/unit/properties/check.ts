/** Words for what the properties say about a fake kernel. */
import fc from 'fast-check';
import { renderRoute } from '../../../src/kernel/route.ts';
import { renderRule } from '../../../src/kernel/rule.ts';
import type { Config } from '../../../src/model.ts';
import type { FakeKernel } from '../../helpers/fake-kernel.ts';
import { lookupTable } from '../../helpers/fake-lookup.ts';

/** Fixed, so that a failure can be had again; fast-check prints it with the shrunken example. */
const SEED = Number(process.env.PROPERTY_SEED ?? 20260820);

/** Checks a property with a fixed number of draws. */
export const check = <T extends unknown[]>(property: fc.IProperty<T>, numRuns: number): void => {
  fc.assert(property, { numRuns, seed: SEED });
};

/** An address behind the uplinks that no route of the worlds but a default leads to. */
const ANYWHERE = '203.0.113.9';

/** Everything of ours as sorted text. */
export const oursOf = ({ state }: FakeKernel, { settings, uplinks }: Config): string[] => {
  const devices = new Set(
    state.qdiscs
      .filter(({ parent, handle }) => parent === 'root' && handle === '77:')
      .map(({ device }) => device),
  );
  return [
    ...state.routes
      .filter(({ protocol }) => protocol === settings.protocol)
      .map((route) => `${renderRoute(route)}${route.nexthops.some(({ dead }) => dead) ? ' dead' : ''}`),
    ...state.rules.filter(({ protocol }) => protocol === settings.protocol).map(renderRule),
    ...state.qdiscs.filter(({ device }) => devices.has(device)).map((qdisc) => JSON.stringify(qdisc)),
    ...[...state.sysctls.values()]
      .filter(({ device }) => uplinks.some((uplink) => uplink.device === device))
      .map((sysctl) => JSON.stringify(sysctl)),
    `ruleset ${JSON.stringify(state.ruleset)}`,
  ].sort();
};

/** Everything that is not ours, byte by byte and in its order; qdiscs of a tree of ours and sysctls left out. */
export const foreignOf = ({ state }: FakeKernel, { settings }: Config): string => {
  const trees = new Set(
    state.qdiscs
      .filter(({ parent, handle }) => parent === 'root' && handle === '77:')
      .map(({ device }) => device),
  );
  return JSON.stringify([
    state.routes.filter(({ protocol }) => protocol !== settings.protocol),
    state.rules.filter(({ protocol }) => protocol !== settings.protocol),
    state.qdiscs.filter(({ device }) => !trees.has(device)),
  ]);
};

/** The tables, BASE and every uplink's, in which a default of ours leads somewhere now. */
export const tablesWithWay = ({ state }: FakeKernel, { settings, uplinks }: Config): number[] => {
  const ours = { ...state, routes: state.routes.filter(({ protocol }) => protocol === settings.protocol) };
  return [0, ...uplinks.map(({ id }) => id)]
    .map((id) => settings.tableBase + id)
    .filter((table) => lookupTable(ours, table, { destination: ANYWHERE }) !== undefined);
};
