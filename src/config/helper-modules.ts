/** Kernel modules behind conntrack helpers. */
import type { HELPERS } from './schema.ts';

type Helper = (typeof HELPERS)[number];

/** The module that follows a protocol: nft has it loaded when the ruleset names the helper. */
export const trackingModule = (helper: string): string => `nf_conntrack_${helper.replaceAll('-', '_')}`;

/** Helpers whose addresses must be rewritten behind NAT, by a module that nothing loads by itself. */
const NAT_MODULES: Readonly<Partial<Record<Helper, string>>> = {
  amanda: 'nf_nat_amanda',
  ftp: 'nf_nat_ftp',
  h323: 'nf_nat_h323',
  irc: 'nf_nat_irc',
  pptp: 'nf_nat_pptp',
  sip: 'nf_nat_sip',
  snmp: 'nf_nat_snmp_basic',
  tftp: 'nf_nat_tftp',
};

/** The module that a helper needs behind NAT; undefined if none does. */
export const natModule = (helper: Helper): string | undefined => NAT_MODULES[helper];
