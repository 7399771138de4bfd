import type { Memory, Observed, RememberedSysctl, Sysctl, UplinkState } from '../model.ts';

/**
 * The sysctls of the uplinks whose device is there. `ignore_routes_with_linkdown` makes the kernel pass a link
 * without carrier by, with no event at all, and take it back by itself. Strict rp_filter would drop answers on a
 * link that is not the best way back; the effective value is the larger of `all` and the device's own
 * (Documentation/networking/ip-sysctl.rst).
 */
export const computeSysctls = (
  states: readonly UplinkState[],
  observed: Observed,
  memory: Memory,
): Sysctl[] => {
  const value = (device: string, key: Sysctl['key']): number | undefined =>
    observed.sysctls.find((sysctl) => sysctl.device === device && sysctl.key === key)?.value;
  const all = value('all', 'rp_filter') ?? 0;
  const wanted = states.flatMap(({ uplink: { device }, link }): Sysctl[] => {
    if (link === undefined) return [];
    const strict = Math.max(all, value(device, 'rp_filter') ?? 0) === 1;
    const passBy: Sysctl = {
      device,
      key: 'ignore_routes_with_linkdown',
      value: OURS.ignore_routes_with_linkdown,
    };
    return strict ? [passBy, { device, key: 'rp_filter', value: OURS.rp_filter }] : [passBy];
  });
  return [...wanted, ...restored(states, observed, memory)];
};

/**
 * A device that is no uplink any more gets back what it had, under the name that it has now, unless somebody has set
 * another value than ours since.
 */
const restored = (states: readonly UplinkState[], observed: Observed, memory: Memory): Sysctl[] =>
  memory.sysctls.flatMap(({ index, key, before }) => {
    const device = observed.links.find((link) => link.index === index)?.device;
    if (device === undefined || states.some(({ uplink }) => uplink.device === device)) return [];
    const now = observed.sysctls.find((sysctl) => sysctl.device === device && sysctl.key === key);
    return now?.value === OURS[key] ? [{ device, key, value: before }] : [];
  });

/** What we write. */
const OURS = { ignore_routes_with_linkdown: 1, rp_filter: 2 } as const;

/** Whether the device of a remembered sysctl is there: it may have been renamed, but a new one has another index. */
export const isStillThere = ({ index }: RememberedSysctl, { links }: Observed): boolean =>
  links.some((link) => link.index === index);
