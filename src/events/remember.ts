import { METRIC } from '../config/constants.ts';
import { isStillThere } from '../desired/sysctls.ts';
import type {
  Change,
  Config,
  Failure,
  Memory,
  Observed,
  RememberedSysctl,
  UplinkMemory,
  UplinkState,
} from '../model.ts';

/** Memory with what the uplinks are now: since when, and which addresses, so that a later run sees what vanished. */
export const rememberStates = (memory: Memory, states: readonly UplinkState[], now: number): Memory => ({
  ...memory,
  uplinks: Object.fromEntries(
    states.map(({ uplink, status, addresses }) => {
      const before = memory.uplinks[uplink.id] ?? { device: uplink.device };
      const since = before.status === status ? (before.since ?? now) : now;
      return [uplink.id, { ...before, status, since, addresses: addresses.map(({ address }) => address) }];
    }),
  ),
});

/** Local addresses of uplinks that were there at the last run and are on no link now. */
export const vanishedAddresses = (memory: Memory, observed: Observed): string[] => {
  const present = new Set(observed.links.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  const known = Object.values(memory.uplinks).flatMap(({ addresses = [] }) => addresses);
  return [...new Set(known)].filter((address) => !present.has(address));
};

/**
 * Memory with the value that each sysctl about to be written has now, unless an earlier run remembered one for the
 * same device; what is remembered of devices that are gone is dropped, since a new device starts afresh.
 */
export const rememberSysctls = (memory: Memory, changes: readonly Change[], observed: Observed): Memory => {
  const kept = memory.sysctls.filter((remembered) => isStillThere(remembered, observed));
  const added = changes.flatMap((change): RememberedSysctl[] => {
    if (change.kind !== 'sysctl') return [];
    const { device, key } = change.sysctl;
    const index = observed.links.find((link) => link.device === device)?.index;
    if (kept.some((remembered) => remembered.index === index && remembered.key === key)) return [];
    const before = observed.sysctls.find((sysctl) => sysctl.device === device && sysctl.key === key)?.value;
    return index === undefined || before === undefined ? [] : [{ device, index, key, before }];
  });
  return { ...memory, sysctls: [...kept, ...added] };
};

/** Kinds of qdisc that the kernel said it does not have, as far as that is news. */
export const missingKinds = (failures: readonly Failure[], { missingQdiscs }: Memory): string[] => {
  const kinds = failures.flatMap(({ change, cause }) =>
    change.kind === 'qdisc' && /qdisc kind is unknown/.test(cause) ? [change.qdisc.kind] : [],
  );
  return [...new Set(kinds)].filter((kind) => !missingQdiscs.includes(kind));
};

/** Memory with these kinds, so that hooks say it once and do not try again until reboot. */
export const rememberMissing = (memory: Memory, kinds: readonly string[]): Memory =>
  kinds.length === 0 ? memory : { ...memory, missingQdiscs: [...memory.missingQdiscs, ...kinds] };

/** Memory without the sysctls of devices that are no uplinks any more: they have their old values back. */
export const forgetRestored = (memory: Memory, { uplinks }: Config, { links }: Observed): Memory => ({
  ...memory,
  sysctls: memory.sysctls.filter(({ index }) => {
    const device = links.find((link) => link.index === index)?.device;
    return uplinks.some((uplink) => uplink.device === device);
  }),
});

/**
 * Memory with the gateways that the kernel would not have: an uplink whose own default was refused for its gateway is out
 * until another gateway, an up event or `apply`. That its device went down meanwhile is another matter.
 */
export const rememberRefused = (
  memory: Memory,
  failures: readonly Failure[],
  { settings }: Config,
): Memory => {
  const refused = failures.flatMap(({ change, cause }): [string, UplinkMemory['refused']][] => {
    if (change.kind !== 'route' || change.op === 'delete' || change.route.metric !== METRIC.own) return [];
    const gateway = change.route.nexthops[0]?.gateway;
    if (gateway === undefined || !/gateway|unreachable/i.test(cause)) return [];
    return [[String(change.route.table - settings.tableBase), { gateway, cause: cause.replace(/\.$/, '') }]];
  });
  const uplinks = { ...memory.uplinks };
  for (const [id, fault] of refused) {
    const uplink = uplinks[id];
    if (uplink !== undefined && fault !== undefined) uplinks[id] = { ...uplink, refused: fault };
  }
  return { ...memory, uplinks };
};

/** Memory that gives every refused gateway another try. */
export const forgetRefused = (memory: Memory): Memory => ({
  ...memory,
  uplinks: Object.fromEntries(
    Object.entries(memory.uplinks).map(([id, { refused: _refused, ...kept }]) => [id, kept]),
  ),
});
