import { configSource } from '../config/source.ts';
import { UserError } from '../errors.ts';
import type { Config, Memory, Uplink } from '../model.ts';
import { readIndex } from '../system/sysctl.ts';
import { type Report, requireRoot, runOrder } from './session.ts';

/** `mlb-hooks up NAME` and `mlb-hooks down NAME`: what a hook does, by hand. NAME is an uplink's name or device. */
export const raiseEvent = async (phase: 'up' | 'down', name: string): Promise<Report> => {
  requireRoot(`${phase} ${name}`);
  const config = configSource();
  const uplink = findUplink(await config(), name);
  const { device } = uplink;
  const index = readIndex(device);
  const report = await runOrder({
    name: phase,
    config,
    event: { source: 'manual', phase, device, index },
    remarks: ({ memory }) => (phase === 'up' ? wordRemarks(uplink, memory) : []),
  });
  if (phase === 'up' || index !== 0) return report;
  // A veto speaks of a device that is there.
  const notice = `uplink "${uplink.name}": there is no device ${device} to veto; it is used again when it appears`;
  const remedy = `to keep it out: mlb-hooks disable ${uplink.name}`;
  return { ...report, errors: [...report.errors, `${notice}; ${remedy}`] };
};

/** An operator's word is not an event's to end. */
const wordRemarks = ({ id, name }: Uplink, { uplinks }: Memory): string[] => {
  const word = uplinks[id]?.word;
  return word === undefined ? [] : [`uplink "${name}" stays ${word}; back with: mlb-hooks enable ${name}`];
};

/** The uplink that the operator names, by name first, then by device; a UserError lists the known ones. */
export const findUplink = ({ uplinks }: Config, name: string): Uplink => {
  const found =
    uplinks.find((uplink) => uplink.name === name) ?? uplinks.find(({ device }) => device === name);
  if (found !== undefined) return found;
  const known = uplinks.map((uplink) => `${uplink.name} (${uplink.device})`).join(', ');
  throw new UserError(`no uplink "${name}" in the configuration`, `there are: ${known}`);
};
