import { sysctlKey } from '../kernel/sysctl.ts';
import type { Change, Sysctl } from '../model.ts';

/** The sysctls that differ. One that the kernel does not have (its device vanished meanwhile) is left out. */
export const planSysctls = (desired: readonly Sysctl[], observed: readonly Sysctl[]): Change[] => {
  const present = new Map(observed.map((sysctl) => [sysctlKey(sysctl), sysctl.value]));
  return desired
    .filter((sysctl) => {
      const value = present.get(sysctlKey(sysctl));
      return value !== undefined && value !== sysctl.value;
    })
    .map((sysctl): Change => ({ kind: 'sysctl', op: 'write', sysctl }));
};
