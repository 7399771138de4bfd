/**
 * The promise of `else = "reject"`: such traffic leaves by the uplinks of its policy or not at all. It is kept where
 * packets leave, because tables and devices may change between any two of them. The traffic is matched again, since a
 * connection may be older than its policy; its mark is looked at as well, since NAT may have changed what is matched.
 */

import { markOf } from '../mark.ts';
import type { Config, Policy } from '../model.ts';
import { deviceSet } from './devices.ts';
import { namedIds } from './drained.ts';
import { addChain, addRule, type Command } from './lines.ts';
import { commandsOf, lookups } from './lookups.ts';
import { assign, IS_PROBE, isMarked, isStrict, setStrict } from './marks.ts';
import { aboutPolicy } from './names.ts';

/**
 * Everything about the guard; nothing where no policy is strict. An uplink that is draining is still one of its policy's:
 * the connections that it has go on.
 */
export const guardChains = (config: Config, draining: readonly number[]): Command[] => {
  const last = config.policies.findLastIndex((policy) => policy.else === 'reject');
  if (last < 0) return [];
  // Those further down cannot be strict, and what none of these takes may leave.
  const policies = config.policies.slice(0, last + 1);
  const strict = policies.filter((policy) => policy.else === 'reject');
  return [
    addChain('guard_forward', 'filter hook forward priority filter - 10'),
    addChain('guard_local', 'filter hook postrouting priority srcnat - 2'),
    addChain('guard'),
    addChain('guard_answers'),
    addChain('guard_marked'),
    addChain('guard_policies'),
    ...deviceSet(GUARDED, guardedUplinks(config, strict)),
    // A packet passes by accept and is refused by coming back. `reject` is for forward alone: the router's own are
    // dropped, of which UDP senders are told (EPERM), while TCP tries again until it gives up.
    ...guardRules('guard_forward', config),
    addRule('guard_forward', 'meta l4proto tcp reject with tcp reset'),
    addRule('guard_forward', 'reject with icmpx admin-prohibited'),
    // What is forwarded has been seen in forward. The outer packets of a tunnel come from its device, but are the router's.
    ...guardRules('guard_local', config, [
      `${IS_PROBE} accept`,
      'meta iif != 0 fib saddr type != local accept',
      ...ownRules(strict),
    ]),
    addRule('guard_local', 'drop'),
    addRule('guard', 'ct direction reply goto guard_answers'),
    addRule('guard', `${isStrict('meta')} goto guard_marked`),
    addRule('guard', 'goto guard_policies'),
    // An answer follows the request that it answers; one that leaves elsewhere is looked at like a request.
    ...markedRules('guard_answers', config.uplinks, config, 'accept'),
    addRule('guard_answers', 'goto guard_policies'),
    // What has a strict mark leaves by the uplink that the mark names.
    ...markedRules('guard_marked', namedBy(strict, config), config, 'goto guard_policies'),
    ...strict.flatMap((policy) => allowedRules(config, policy, draining)),
    ...policyRules(policies, strict),
  ];
};

/**
 * Most packets are of no strict policy, and are asked for that first. What may be of one is asked for in the order of all
 * policies: one that is not strict may come before.
 */
const policyRules = (policies: readonly Policy[], strict: readonly Policy[]): Command[] => {
  const ordered = commandsOf(
    lookups('guard_ordered', policies, (policy) =>
      policy.else === 'reject' ? `goto ${guardChain(policy)}` : 'accept',
    ),
  );
  return [
    addChain('guard_ordered'),
    ...commandsOf(lookups('guard_policies', strict, () => 'goto guard_ordered')),
    addRule('guard_policies', 'accept'),
    ...ordered,
    addRule('guard_ordered', 'accept'),
  ];
};

const guardChain = ({ name }: Policy): string => `guard_policy_${name}`;

/** A lease is its line's, whatever policies say of the router's other traffic. */
const RENEWAL = 'udp sport 68 udp dport 67 accept';

/**
 * A socket whose process has ended belongs to no user any more, but may still have data to send. Its connection has been
 * forgotten with its line and could only be begun in its middle, which no server answers.
 */
const ownRules = (strict: readonly Policy[]): string[] =>
  strict.some(({ users }) => users.length > 0)
    ? [RENEWAL, 'ct state new tcp flags & (syn | rst) == 0 drop']
    : [RENEWAL];

/** The devices whose packets are looked at. */
const GUARDED = 'guarded';

/** Uplinks that some strict policy may not use: what leaves by any other device breaks no promise. */
const guardedUplinks = ({ uplinks }: Config, strict: readonly Policy[]): Config['uplinks'] =>
  uplinks.filter(({ id }) => strict.some((policy) => !namedIds(policy).includes(id)));

const guardRules = (
  chain: string,
  { settings: { mainDestinations } }: Config,
  more: readonly string[] = [],
): Command[] => [
  addRule(chain, 'meta nfproto != ipv4 accept'),
  addRule(chain, `oifname != @${GUARDED} accept`),
  ...more.map((rule) => addRule(chain, rule)),
  addRule(chain, 'jump guard'),
  // Asked last: only what would be refused pays for it.
  ...mainDestinations.map((prefix) => addRule(chain, `ip daddr ${prefix} accept`)),
];

/** A verdict for packets that leave by the uplink that their mark names. */
const markedRules = (
  chain: string,
  uplinks: Config['uplinks'],
  { settings: { markMask } }: Config,
  verdict: string,
): Command[] =>
  uplinks.map(({ id, device }) =>
    addRule(chain, `${isMarked('meta', markOf(id, markMask), markMask)} oifname "${device}" ${verdict}`),
  );

const namedBy = (policies: readonly Policy[], { uplinks }: Config): Config['uplinks'] =>
  uplinks.filter(({ id }) => policies.some((policy) => namedIds(policy).includes(id)));

/**
 * What a policy allows. A connection that is refused is older than the policy, or than an address of its domains: it is
 * assigned to the policy's first uplink, where NAT notices the other way, forgets it and lets it begin anew. Without
 * that, a UDP flow which never pauses would be refused for ever. One that is draining gets no such connection.
 */
const allowedRules = (
  { settings: { markMask }, uplinks }: Config,
  policy: Policy,
  draining: readonly number[],
): Command[] => {
  const chain = guardChain(policy);
  const about = aboutPolicy(policy);
  const first = namedIds(policy).find((id) => !draining.includes(id));
  const allowed = uplinks.filter(({ id }) => namedIds(policy).includes(id));
  return [
    addChain(chain),
    ...allowed.map(({ device }) => addRule(chain, `oifname "${device}" accept`, about)),
    ...(first === undefined
      ? []
      : [
          addRule(chain, `ct direction original ${assign('ct', markOf(first, markMask), markMask)}`, about),
          addRule(chain, `ct direction original ${setStrict('ct')}`, about),
        ]),
  ];
};
