/** Names of what is in table `inet mlb_hooks`. Everything that the operator named has a prefix: nft has keywords. */
import { NFT_TABLE } from '../config/constants.ts';
import type { Policy, Uplink } from '../model.ts';

/** How nft scripts call the table. */
export const TABLE_REF = `inet ${NFT_TABLE}`;

/** New connections that left by an uplink. */
export const outCounter = ({ id }: Pick<Uplink, 'id'>): string => `out_${id}`;

/** New connections that came in by an uplink. */
export const inCounter = ({ id }: Pick<Uplink, 'id'>): string => `in_${id}`;

/** New connections that a policy took. */
export const policyCounter = ({ name }: Pick<Policy, 'name'>): string => `policy_${name}`;

/** The set that dnsmasq fills for a policy. */
export const domainSet = ({ name }: Pick<Policy, 'name'>): string => `domains_${name}`;

/** How messages call a policy. */
export const aboutPolicy = ({ name }: Pick<Policy, 'name'>): string => `policy "${name}"`;
