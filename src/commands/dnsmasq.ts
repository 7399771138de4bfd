import { DNSMASQ_REMEDY, nftsetLines } from '../config/dnsmasq.ts';
import { loadConfig } from '../config/load.ts';
import { TABLE_REF } from '../ruleset/names.ts';
import type { Report } from './session.ts';

/** `mlb-hooks dnsmasq`: a configuration for dnsmasq, which fills the sets of the policies with domains. */
export const dnsmasq = async (options: { config?: string }): Promise<Report> => {
  const { policies } = await loadConfig(options.config);
  const lines = nftsetLines(policies);
  return { lines: lines.length === 0 ? NOTHING : [...HEADER, ...lines], errors: [], exitCode: 0 };
};

const NOTHING = ['# mlb-hooks: no policy has to-domains, so dnsmasq has nothing to do for it'];

const HEADER = [
  '# mlb-hooks: addresses of the domains of policies, for dnsmasq 2.87 or newer, built with nftset.',
  '#',
  `#   ${DNSMASQ_REMEDY}`,
  '#',
  `# Table ${TABLE_REF} and its sets must be there first ("mlb-hooks apply"): what dnsmasq learned without them it`,
  '# answers from its cache. Restart it after a flush as well, and run the line above whenever to-domains changes.',
  '# Clients, and the router itself, must use this dnsmasq as their resolver; a browser with secure DNS of its own does',
  '# not. An address that a client knows already is learned at its next query.',
];
