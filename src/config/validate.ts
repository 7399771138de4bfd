/** What a schema of single values cannot see: how settings and uplinks fit together. Pure. */
import { MAX_ID, PRIORITY, PRIORITY_MAIN, PROBE_MARK, STRICT_MARK, TABLE } from './constants.ts';
import { listProblems, readRanges } from './lists.ts';
import { type Prefix, parsePrefix } from './prefixes.ts';
import type { Path, Problem } from './problem.ts';
import type { Settings, Uplink } from './schema.ts';
import { showSetting, showUplink } from './show.ts';

/** An uplink as far as its values are valid, and where it stands. */
export interface UplinkDraft {
  readonly path: Path;
  readonly values: Partial<Uplink>;
}

/** Every problem between values that are valid alone; a missing value is skipped. */
export const validate = (settings: Partial<Settings>, uplinks: readonly UplinkDraft[]): Problem[] => {
  const highest = Math.max(1, ...uplinks.map(({ values }) => values.id ?? 1));
  return [
    ...settingProblem('table-base', settings.tableBase, (base) => tableReason(base, highest), TABLE_REMEDY),
    ...settingProblem('priority-base', settings.priorityBase, priorityReason, PRIORITY_REMEDY),
    ...settingProblem('mark-mask', settings.markMask, (mask) => maskReason(mask, highest), MASK_REMEDY),
    ...uplinks.flatMap((uplink, index) => uplinkProblems(uplink, index, uplinks)),
  ];
};

/** What `main-destinations` means, in ascending order; a problem for each entry that is none. */
export const readKept = (
  written: readonly string[],
): { readonly destinations: readonly Prefix[]; readonly problems: readonly Problem[] } => {
  const path = ['settings', 'main-destinations'];
  const { values, findings } = readRanges(written, parsePrefix);
  return { destinations: values, problems: listProblems(findings, written, path, '') };
};

/**
 * Lowest and highest `priority-base` with which every rule stays between 1 and the kernel's own `lookup
 * main`.
 */
export const PRIORITY_BASE_RANGE = {
  min: -PRIORITY.markTo,
  max: PRIORITY_MAIN - 1 - PRIORITY.balance,
} as const;

const TABLE_REMEDY = 'choose a free range such as the default, table-base = 7700';
const PRIORITY_REMEDY = `choose ${PRIORITY_BASE_RANGE.min}..${PRIORITY_BASE_RANGE.max}; the default is 20000`;
const MASK_REMEDY = `choose adjacent free bits such as the default, mark-mask = 0x3f000000, enough for id ${MAX_ID}`;

const settingProblem = (
  key: string,
  value: number | undefined,
  reason: (value: number) => string | undefined,
  remedy: string,
): Problem[] => {
  const found = value === undefined ? undefined : reason(value);
  if (found === undefined) return [];
  return [{ path: ['settings', key], message: `${showSetting(key, value)}: ${found}`, remedy }];
};

const tableReason = (base: number, highest: number): string | undefined => {
  const last = base + highest;
  const range = `the tables ${base}..${last} (base + highest id)`;
  if (base === 0) return `${range} include 0, which to the kernel means no table`;
  if (last > 0xffffffff) return `${range} do not fit into the kernel's 32 bits`;
  if (base <= TABLE.local && last >= TABLE.default)
    return `${range} include some of ${TABLE.default}..${TABLE.local}, the system's own default, main and local`;
  return undefined;
};

const priorityReason = (base: number): string | undefined => {
  if (base < PRIORITY_BASE_RANGE.min)
    return `its rules start ${-PRIORITY.markTo - 1} below it, where the kernel's first rule, 0, stands`;
  if (base > PRIORITY_BASE_RANGE.max)
    return `its last rule, ${base + PRIORITY.balance}, would reach ${PRIORITY_MAIN}, the system's own "lookup main"`;
  return undefined;
};

const maskReason = (mask: number, highest: number): string | undefined => {
  if (mask === 0) return 'has no bit for an id';
  // Division instead of shifts, which would make a mask with bit 31 negative.
  const field = mask / ((mask & -mask) >>> 0);
  if ((field & (field + 1)) !== 0) return 'has a hole: its bits must be adjacent';
  if (field === 1) return 'has one bit only: no bit set means no uplink, and all bits set mean table main';
  if (highest >= field)
    return `has room for the ids 1..${field - 1} only, but there is an uplink with id ${highest}`;
  if ((mask & PROBE_MARK) !== 0)
    return `contains 0x${PROBE_MARK.toString(16)}, the bit of the monitor's probes`;
  if ((mask & STRICT_MARK) !== 0)
    return `contains 0x${STRICT_MARK.toString(16)}, the bit of policies with else = "reject"`;
  return undefined;
};

const uplinkProblems = (uplink: UplinkDraft, index: number, all: readonly UplinkDraft[]): Problem[] => {
  const { id, name, device } = uplink.values;
  const label = showUplink(name, index);
  const problem = (key: 'id' | 'name' | 'device', reason: string, remedy: string): Problem => ({
    path: [...uplink.path, key],
    message: `${label}: ${showSetting(key, uplink.values[key])}: ${reason}`,
    remedy,
  });
  const earlier = (same: (other: Partial<Uplink>) => boolean) => {
    const at = all.findIndex(({ values }, place) => place < index && same(values));
    return at < 0 ? undefined : showUplink(all[at]?.values.name, at);
  };
  const twinId = id && earlier((other) => other.id === id);
  const twinName = name && earlier((other) => other.name === name);
  const twinDevice = device && earlier((other) => other.device === device);
  const owner = all.findIndex(({ values }, place) => place !== index && name && values.device === name);
  return [
    ...(twinId ? [problem('id', `is already the id of ${twinId}`, freeId(all))] : []),
    ...(twinName ? [problem('name', 'is already the name of another uplink', 'give each its own name')] : []),
    ...(twinDevice ? [problem('device', `is already the device of ${twinDevice}`, DEVICE_REMEDY)] : []),
    ...(owner < 0
      ? []
      : [problem('name', `is the device of ${showUplink(all[owner]?.values.name, owner)}`, NAME_REMEDY)]),
  ];
};

const DEVICE_REMEDY = 'give each uplink its own device: two uplinks on one device are not supported yet';
const NAME_REMEDY = 'choose another name: commands take a name or a device, and must know which is meant';

const freeId = (all: readonly UplinkDraft[]): string => {
  const taken = new Set(all.map(({ values }) => values.id));
  const free = Array.from({ length: MAX_ID }, (_, index) => index + 1).find((id) => !taken.has(id));
  return free === undefined
    ? `there are ${MAX_ID} ids and no more`
    : `give it a free one, such as id = ${free}`;
};
