import type {
  Memory,
  Refusal,
  RememberedSysctl,
  Ruleset,
  UplinkMemory,
  UplinkStatus,
  Veto,
  Word,
} from '../model.ts';
import {
  isRecord,
  oneOf,
  type Reader,
  readAddress,
  readCount,
  readDevice,
  readFields,
  readId,
  readSeconds,
  readSession,
} from './shape.ts';

/**
 * The parts of a parsed state file that have the right shape, whatever the others look like: the values of sysctls
 * to restore are nowhere else. `lost` gets a few words for each part that is not kept.
 */
export const parseMemory = (value: unknown, lost: string[]): Memory => {
  if (!isRecord(value)) lost.push('is not a JSON object');
  const parts = isRecord(value) ? value : {};
  const {
    uplinks = {},
    sysctls = [],
    missingQdiscs = [],
    missingHelpers = [],
    missingTools = [],
    ...known
  } = readFields<Memory>(
    parts,
    {
      uplinks: (found) => (isRecord(found) ? uplinksOf(found, lost) : undefined),
      sysctls: (found) => listOf(found, readSysctl, 'a sysctl to restore', lost),
      missingQdiscs: (found) => listOf(found, readName, 'a missing qdisc', lost),
      missingHelpers: (found) => listOf(found, readName, 'a missing helper', lost),
      missingTools: (found) => listOf(found, readName, 'a missing tool', lost),
      loaded: readRuleset,
    },
    (key) => lost.push(`"${key}" is broken`),
  );
  return { uplinks, sysctls, missingQdiscs, missingHelpers, missingTools, ...known };
};

const uplinksOf = (found: Readonly<Record<string, unknown>>, lost: string[]): Memory['uplinks'] =>
  Object.fromEntries(
    Object.entries(found).flatMap(([name, value]) => {
      const uplink = readUplink(value, (key) =>
        lost.push(`"${key}" of uplink ${JSON.stringify(name)} is broken`),
      );
      if (uplink !== undefined) return [[name, uplink]];
      lost.push(`uplink ${JSON.stringify(name)} is broken`);
      return [];
    }),
  );

const readUplink = (value: unknown, lost: (key: string) => void): UplinkMemory | undefined => {
  if (!isRecord(value)) return undefined;
  const { device, ...others } = readFields<UplinkMemory>(value, UPLINK, lost);
  return device === undefined ? undefined : { device, ...others };
};

const listOf = <T>(found: unknown, read: Reader<T>, what: string, lost: string[]): T[] | undefined => {
  if (!Array.isArray(found)) return undefined;
  return found.flatMap((item: unknown) => {
    const value = read(item);
    if (value !== undefined) return [value];
    lost.push(`${what} is broken`);
    return [];
  });
};

/** A list that is worth nothing when an item is broken. */
const allOf =
  <T>(read: Reader<T>): Reader<readonly T[]> =>
  (value) => {
    if (!Array.isArray(value)) return undefined;
    const items = value.flatMap((item: unknown) => read(item) ?? []);
    return items.length === value.length ? items : undefined;
  };

const readName: Reader<string> = (value) =>
  typeof value === 'string' && /^[a-z0-9_-]{1,32}$/.test(value) ? value : undefined;

const readRuleset: Reader<Ruleset> = (value) => {
  if (!isRecord(value)) return undefined;
  const { build, living, ...rest } = readFields<Ruleset>(value, {
    build: (text) => (typeof text === 'string' && /^[0-9a-f]{1,64}$/.test(text) ? text : undefined),
    living: allOf(readId),
    unplugged: allOf(readId),
    deferred: allOf(readId),
  });
  return build === undefined || living === undefined ? undefined : { build, living, ...rest };
};

const readSysctl: Reader<RememberedSysctl> = (value) => {
  if (!isRecord(value)) return undefined;
  const { device, index, key, before } = readFields<RememberedSysctl>(value, {
    device: readDevice,
    index: readId,
    key: oneOf('ignore_routes_with_linkdown', 'rp_filter'),
    before: readCount,
  });
  if (device === undefined || index === undefined || key === undefined || before === undefined)
    return undefined;
  return { device, index, key, before };
};

const readVeto: Reader<Veto> = (value) => {
  if (!isRecord(value)) return undefined;
  const lost: string[] = [];
  const readers = { index: readId, address: readAddress };
  const { index, ...address } = readFields<Veto>(value, readers, (key) => lost.push(key));
  // Without its address it would veto every address.
  return index === undefined || lost.length > 0 ? undefined : { index, ...address };
};

const readGateway: Reader<NonNullable<UplinkMemory['gateway']>> = (value) => {
  if (!isRecord(value)) return undefined;
  const { address, index, local } = readFields<NonNullable<UplinkMemory['gateway']>>(value, {
    address: readAddress,
    index: readId,
    local: readAddress,
  });
  if (address === undefined || index === undefined || local === undefined) return undefined;
  return { address, index, local };
};

const readRefused: Reader<Refusal> = (value) => {
  if (!isRecord(value)) return undefined;
  const { gateway, cause, ...link } = readFields<Refusal>(value, {
    gateway: readAddress,
    cause: (text) => (typeof text === 'string' ? text : undefined),
    index: readId,
    addresses: allOf((text) => (typeof text === 'string' && /^[0-9./]{3,18}$/.test(text) ? text : undefined)),
    at: readSeconds,
  });
  return gateway === undefined || cause === undefined ? undefined : { gateway, cause, ...link };
};

const readLastEvent: Reader<NonNullable<UplinkMemory['lastEvent']>> = (value) => {
  if (!isRecord(value)) return undefined;
  const { source, phase, at } = readFields<NonNullable<UplinkMemory['lastEvent']>>(value, {
    source: oneOf('pppd', 'ifupdown', 'manual'),
    phase: oneOf('up', 'down', 'touch'),
    at: readSeconds,
  });
  if (source === undefined || phase === undefined || at === undefined) return undefined;
  return { source, phase, at };
};

const UPLINK = {
  device: readDevice,
  veto: readVeto,
  word: oneOf<Word>('disabled', 'draining'),
  pppd: readId,
  gateway: readGateway,
  session: readSession,
  refused: readRefused,
  status: oneOf<UplinkStatus>(
    ...(['up', 'absent', 'down', 'no-carrier', 'no-address', 'vetoed'] as const),
    ...(['disabled', 'draining', 'dead', 'degraded'] as const),
  ),
  carried: (value: unknown) => (typeof value === 'boolean' ? value : undefined),
  since: readSeconds,
  addresses: allOf(readAddress),
  smallMtu: readCount,
  lastEvent: readLastEvent,
} as const;
