/** Domains as dnsmasq takes them: each includes all that is below it. Pure. */
import type { Refusal } from './ranges.ts';

/** Longest name and longest part of one (RFC 1035). */
const MAX_DOMAIN = 253;
const MAX_LABEL = 63;

/** A domain in lower case, or why it is refused. */
export const parseDomain = (text: string): string | Refusal => {
  const domain = text.toLowerCase();
  const labels = domain.split('.');
  const bare = labels.filter((label) => label !== '' && label !== '*').join('.');
  if (bare !== '' && domain !== bare)
    return {
      reason: 'has a "*" or a dot too many: a domain includes all that is below it',
      remedy: `write "${bare}"`,
    };
  if (/[^ -~]/.test(domain))
    return { reason: 'has letters other than a-z', remedy: `write it in punycode${punycode(domain)}` };
  if (bare === '' || domain.length > MAX_DOMAIN || !labels.every(isLabel))
    return { reason: 'is not a domain', remedy: 'write for example "gov.br"' };
  return domain;
};

const isLabel = (label: string): boolean =>
  label.length <= MAX_LABEL && /^[a-z0-9-]+$/.test(label) && !label.startsWith('-') && !label.endsWith('-');

/** What a browser would make of it. */
const punycode = (domain: string): string => {
  const url = `http://${domain}`;
  return URL.canParse(url) ? `, "${new URL(url).hostname}"` : '';
};

/** Whether one of the domains, all in lower case, includes a domain; `self` tells whether it may be the domain itself. */
export const isIncluded = (domain: string, domains: ReadonlySet<string>, self: boolean): boolean => {
  if (self && domains.has(domain)) return true;
  for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1))
    if (domains.has(domain.slice(dot + 1))) return true;
  return false;
};
