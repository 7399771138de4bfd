import type { Lab } from './boot.ts';
import { LINES, type LineName, NET } from './network.ts';

/** What a dial brought: addresses of both ends, and the process id of pppd. */
export type Session = {
  readonly device: string;
  readonly address: string;
  readonly peer: string;
  readonly pid: number;
};

const DIAL_TIMEOUT_MS = 30_000;

// The first LCP request meets a server that is still starting and is lost: asking again after 1 s, not 3, makes dials quick.
const QUICK = 'lcp-restart 1 ipcp-restart 1 pap-restart 1 noccp';

/**
 * Dials one PPPoE line with a real pppd and resolves when it is up; its ip-up hooks may still be running.
 * A redial gets another address. `options` are added to pppd's, and replace
 * `nodefaultroute` where they say otherwise. Rejects with LabError when pppd gives up.
 */
export const dial = async (lab: Lab, name: LineName, options: readonly string[] = []): Promise<Session> => {
  const { device, nic } = LINES[name];
  const fixed = `plugin rp-pppoe.so nic-${nic} noauth ifname ${device} unit ${device.slice(3)} noipdefault ${options.some((option) => option.endsWith('defaultroute')) ? '' : 'nodefaultroute '}noipv6 user x password y ${QUICK}`;
  await lab.run(['pppd', ...fixed.split(' '), 'linkname', name, 'updetach', ...options], {
    timeoutMs: DIAL_TIMEOUT_MS,
  });
  const [pid, { address, peer }] = await Promise.all([pidOf(lab, name), addressOf(lab, device)]);
  return { device, address: address ?? '', peer: peer ?? '', pid };
};

/**
 * Ends a line's session and resolves when its device and its pppd are gone.
 * TERM: an orderly hangup. KILL: pppd gets no chance to run ip-down. server: the provider ends it.
 */
export const hangup = async (
  lab: Lab,
  name: LineName,
  { how = 'TERM' }: { how?: 'TERM' | 'KILL' | 'server' } = {},
): Promise<void> => {
  const { device } = LINES[name];
  const [pid, { address }] = await Promise.all([pidOf(lab, name), addressOf(lab, device)]);
  // No shell around pkill: its own command line would match too.
  await lab.run(
    how === 'server' ? ['pkill', '-TERM', '-f', `^pppd pty .*:${address} `] : ['kill', `-${how}`, `${pid}`],
  );
  await waitUntil(lab, `[ ! -e /sys/class/net/${device} ] && [ ! -e /proc/${pid} ]`);
};

/** Brings the cable uplink up with the real ifup. Rejects with LabError when ifup fails. */
export const ifup = (lab: Lab): Promise<string> => lab.run(['ifup', NET.cable.device]);

/** Takes the cable uplink down with the real ifdown. */
export const ifdown = (lab: Lab): Promise<string> => lab.run(['ifdown', NET.cable.device]);

/** The device's IPv4 address, and its peer's on a point-to-point device. Empty when the device or the address is missing. */
export const addressOf = async (lab: Lab, device: string): Promise<{ address?: string; peer?: string }> => {
  const { stdout } = await lab.exec(['ip', '-4', '-o', 'address', 'show', 'dev', device]);
  const [, address, peer] = /inet ([\d.]+)(?:\/\d+)?(?: peer ([\d.]+))?/.exec(stdout) ?? [];
  return { ...(address !== undefined && { address }), ...(peer !== undefined && { peer }) };
};

/** Waits in the guest until a shell condition holds. Rejects with LabError after `timeoutMs` (default 15 s). */
export const waitUntil = async (lab: Lab, condition: string, timeoutMs = 15_000): Promise<void> => {
  await lab.run(`until { ${condition}; } 2>/dev/null; do sleep 0.05; done`, { timeoutMs });
};

// pppd writes two lines, pid and device, to the file named after `linkname`.
const pidOf = async (lab: Lab, name: LineName): Promise<number> =>
  Number.parseInt(await lab.readFile(`/run/ppp-${name}.pid`), 10);
