import { smallMtuOf } from '../desired/nft.ts';
import { isStillThere } from '../desired/sysctls.ts';
import { holdsConnections } from '../desired/uplinks.ts';
import type {
  Change,
  Config,
  Failure,
  Memory,
  NftTable,
  Observed,
  RememberedSysctl,
  UplinkState,
} from '../model.ts';

/** Memory with what the uplinks are now: since when, and which addresses, so that a later run sees what vanished. */
export const rememberStates = (memory: Memory, states: readonly UplinkState[], now: number): Memory => ({
  ...memory,
  uplinks: Object.fromEntries(
    states.map((state) => {
      const { uplink, status } = state;
      const { smallMtu: _smallMtu, ...before } = memory.uplinks[uplink.id] ?? { device: uplink.device };
      const since = before.status === status ? (before.since ?? now) : now;
      const addresses = state.addresses.map(({ address }) => address);
      const smallMtu = smallMtuOf(state, memory);
      const carried = holdsConnections(state);
      return [
        uplink.id,
        { ...before, status, carried, since, addresses, ...(smallMtu === undefined ? {} : { smallMtu }) },
      ];
    }),
  ),
});

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

/** What the kernel turned out not to have. */
export interface Lacking {
  /** Kinds of qdisc. */
  readonly qdiscs: readonly string[];
  /** Conntrack helpers, by the names of the configuration. */
  readonly helpers: readonly string[];
}

/** What the kernel said that it does not have, as far as that is news. */
export const findLacking = (
  failures: readonly Failure[],
  { missingQdiscs, missingHelpers }: Memory,
): Lacking => {
  const qdiscs = failures.flatMap(({ change, cause }) =>
    change.kind === 'qdisc' && /qdisc kind is unknown/.test(cause) ? [change.qdisc.kind] : [],
  );
  const helpers = failures.flatMap(({ about }) => /^helper "(.+)"$/.exec(about ?? '')?.[1] ?? []);
  return { qdiscs: newsOf(qdiscs, missingQdiscs), helpers: newsOf(helpers, missingHelpers) };
};

const newsOf = (found: readonly string[], known: readonly string[]): string[] =>
  [...new Set(found)].filter((name) => !known.includes(name));

/** Memory with what the kernel lacks, so that hooks say it once and do not try again until reboot. */
export const rememberLacking = (memory: Memory, { qdiscs, helpers }: Lacking): Memory => ({
  ...memory,
  missingQdiscs: [...memory.missingQdiscs, ...qdiscs],
  missingHelpers: [...memory.missingHelpers, ...helpers],
});

/** Memory that gives everything another try which the kernel or the machine did not have. */
export const forgetLacking = (memory: Memory): Memory => ({
  ...memory,
  missingQdiscs: [],
  missingHelpers: [],
  missingTools: [],
});

/** Memory that says of a tool whether it was missing, so that this is said once. */
export const rememberTool = (memory: Memory, tool: string, missing: boolean): Memory => {
  const others = memory.missingTools.filter((name) => name !== tool);
  return { ...memory, missingTools: missing ? [...others, tool] : others };
};

/**
 * Memory with the ruleset that is loaded after these changes were made to a table. `failed`: a transaction was
 * refused; nothing is known then, and the next run looks.
 */
export const rememberLoaded = (
  { loaded: _before, ...memory }: Memory,
  table: NftTable | undefined,
  done: readonly Change[],
  failed: boolean,
): Memory => {
  const last = done.findLast(
    (change) => change.kind === 'nft' && (change.op === 'delete' || change.ruleset !== undefined),
  );
  const loaded = last?.kind === 'nft' ? last.ruleset : table?.loaded;
  return failed || loaded === undefined ? memory : { ...memory, loaded };
};

/** Memory without the sysctls of devices that are no uplinks any more: they have their old values back. */
export const forgetRestored = (memory: Memory, { uplinks }: Config, { links }: Observed): Memory => ({
  ...memory,
  sysctls: memory.sysctls.filter(({ index }) => {
    const device = links.find((link) => link.index === index)?.device;
    return uplinks.some((uplink) => uplink.device === device);
  }),
});
