import { parseIpv4 } from '../ipv4.ts';
import type { LinkEvent } from '../model.ts';
import type { Environment } from './pppd.ts';
import { isDevice } from './values.ts';

/** `iface dsl inet ppp` runs if-up.d right after `pon`: pppd's own hook tells of the link, by its real name. */
const DIALLERS = new Set(['ppp', 'wvdial']);

/**
 * The event behind a run of if-up.d or if-down.d, or undefined if there is none for us: `--all` (start and end of
 * `ifup -a`), `lo`, and diallers. interfaces(5), HOOK SCRIPTS. The phase is the directory's: PHASE and MODE are
 * spelled differently by ifupdown, ifupdown-ng and ifupdown2.
 *
 * An alias (`eth0:1`) and an inet6 stanza say that something changed, not that the IPv4 uplink comes or goes.
 */
export const parseIfupdown = (phase: 'up' | 'down', env: Environment): LinkEvent | undefined => {
  const name = env.IFACE ?? '';
  if (name === '--all' || name === 'lo' || DIALLERS.has(env.METHOD ?? '')) return undefined;
  const [device = '', alias] = name.split(':');
  if (!isDevice(device)) return undefined;
  const families = (env.ADDRFAM ?? 'inet').split(',');
  if (alias !== undefined || !(families.includes('inet') || families.includes('')))
    return { source: 'ifupdown', phase: 'touch', device };
  const address = plainAddress(env.IF_ADDRESS);
  const gateway = plainAddress(env.IF_GATEWAY);
  return {
    source: 'ifupdown',
    phase,
    device,
    ...(address === undefined ? {} : { address }),
    ...(gateway === undefined ? {} : { gateway }),
  };
};

/** interfaces(5) takes an address with or without its prefix length. */
const plainAddress = (text: string | undefined): string | undefined => {
  const [address = ''] = (text ?? '').split('/');
  return parseIpv4(address) === undefined || address === '0.0.0.0' ? undefined : address;
};
