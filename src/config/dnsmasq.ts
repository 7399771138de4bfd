/** What dnsmasq must be told so that it fills the sets of policies with domains (dnsmasq(8), --nftset). Pure. */
import { domainSet, TABLE_REF } from '../ruleset/names.ts';
import type { Policy } from './schema.ts';

/** Where Debian's dnsmasq reads it. */
const DNSMASQ_FILE = '/etc/dnsmasq.d/mlb-hooks.conf';

/** The command that makes dnsmasq fill the sets as the configuration says now. */
export const DNSMASQ_REMEDY = `mlb-hooks dnsmasq | sudo tee ${DNSMASQ_FILE} && sudo systemctl restart dnsmasq`;

/**
 * Longest line, characters: dnsmasq 2.90 took one of 1013 and refused one of 1030, without saying why (its buffer is
 * MAXDNAME, 1025).
 */
const MAX_LINE = 1000;

/**
 * The `nftset=` lines for these policies. dnsmasq puts an address into the sets of the longest domain that matches
 * and into no others, so a domain also names the sets of every domain that it lies in.
 */
export const nftsetLines = (policies: readonly Policy[]): string[] => {
  const groups = new Map<string, string[]>();
  for (const domain of new Set(policies.flatMap(({ toDomains }) => toDomains))) {
    const sets = setsOf(domain, policies).join();
    groups.set(sets, [...(groups.get(sets) ?? []), domain]);
  }
  return [...groups].flatMap(([sets, domains]) => splitLines(domains, sets));
};

const setsOf = (domain: string, policies: readonly Policy[]): string[] =>
  policies
    .filter(({ toDomains }) => toDomains.some((other) => domain === other || domain.endsWith(`.${other}`)))
    .map(setOf);

/** The set of a policy, IPv4 addresses only, as dnsmasq calls it. */
const setOf = (policy: Policy): string => `4#${TABLE_REF.replace(' ', '#')}#${domainSet(policy)}`;

const splitLines = (domains: readonly string[], sets: string): string[] => {
  const heads: string[] = [];
  for (const domain of domains) {
    const longer = `${heads.at(-1)}${domain}/`;
    if (heads.length > 0 && longer.length + sets.length <= MAX_LINE) heads[heads.length - 1] = longer;
    else heads.push(`nftset=/${domain}/`);
  }
  return heads.map((head) => `${head}${sets}`);
};

/** Domains that a policy does not learn, because the text of dnsmasq's configuration lacks what nftsetLines says. */
export const missingDomains = (policy: Policy, policies: readonly Policy[], text: string): string[] => {
  const told = new Set(text.split('\n').flatMap((line) => pairsOf(line).map(String)));
  return nftsetLines(policies)
    .flatMap(pairsOf)
    .filter((pair) => pair[1] === setOf(policy) && !told.has(String(pair)))
    .map(([domain]) => domain);
};

/** Every domain with every set of a `nftset=` line; none of any other line. */
const pairsOf = (line: string): [domain: string, set: string][] => {
  const [, list = '', sets = ''] = /^\s*nftset\s*=\s*\/(.*)\/([^/]*?)\s*$/.exec(line) ?? [];
  const domains = list.split('/').filter((domain) => domain !== '');
  return domains.flatMap((domain) =>
    sets.split(',').map((set) => [domain.toLowerCase(), set] as [string, string]),
  );
};
