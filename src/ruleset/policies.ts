/** Chains that look a new connection's policy up, and one for each policy that says what follows. */
import type { Config, Policy } from '../model.ts';
import { deviceSet } from './devices.ts';
import { dispatchRules } from './dispatch.ts';
import { addChain, addCounter, addRule, addSet, type Command } from './lines.ts';
import { type Lookup, lookups } from './lookups.ts';
import { MARK_MAIN, markChain, setStrict } from './marks.ts';
import { aboutPolicy, domainSet, policyCounter } from './names.ts';
import { policyPool } from './pools.ts';

/** Chain of new connections, in prerouting and output. */
export const POLICY_CHAIN = 'policies';

/** The set of all uplinks' devices. */
const UPLINK_SET = 'uplinks';

/** Chain of one policy. */
const policyChain = ({ name }: Policy): string => `policy_${name}`;

/** Everything about policies but the guard. */
export const policyChains = (config: Config): Command[] =>
  config.policies.length === 0
    ? []
    : [
        addChain(POLICY_CHAIN),
        ...config.policies.flatMap((policy) => [
          addCounter(policyCounter(policy), aboutPolicy(policy)),
          addChain(policyChain(policy)),
          ...(policy.toDomains.length === 0
            ? []
            : [addSet(domainSet(policy), 'type ipv4_addr', aboutPolicy(policy))]),
          ...policyRules(config, policy),
        ]),
        ...deviceSet(UPLINK_SET, config.uplinks),
        ...passOverArrivals(
          lookups(POLICY_CHAIN, config.policies, (policy) => `goto ${policyChain(policy)}`),
        ),
      ];

/**
 * What happens to a connection of this policy. Chains that mark end the packet's way; what comes back is balanced like
 * any other. A strict one that finds no uplink keeps its strict mark alone, for which a rule says `unreachable`.
 */
const policyRules = (config: Config, policy: Policy): Command[] => {
  const chain = policyChain(policy);
  const about = aboutPolicy(policy);
  const rule = (text: string): Command => addRule(chain, text, about);
  const strict = policy.else === 'reject';
  const pool = policyPool(config, policy);
  return [
    rule(`counter name "${policyCounter(policy)}"`),
    ...(policy.log
      ? [rule(`limit rate 10/second burst 20 packets log prefix "mlb-hooks ${policy.name}: "`)]
      : []),
    ...(strict ? [rule(setStrict('meta'))] : []),
    ...(policy.use === 'main' ? [rule(`goto ${MARK_MAIN}`)] : []),
    ...(pool === undefined ? [] : dispatchRules(chain, pool, about)),
    ...(pool === undefined && typeof policy.use !== 'string'
      ? policy.use.flat().map((id) => rule(`goto ${markChain(id)}`))
      : []),
    ...(strict && pool !== undefined ? [rule('accept')] : []),
  ];
};

/**
 * Policies are about what goes out. What came in by an uplink is passed over, from the first lookup on that it could
 * match: most policies say where a connection comes from, and then the check would cost the others and change nothing.
 */
const passOverArrivals = (all: readonly Lookup[]): Command[] => {
  const first = all.findIndex(({ policies }) =>
    policies.some(({ from, inDevices, users }) => from.length + inDevices.length + users.length === 0),
  );
  return all.flatMap(({ commands }, index) =>
    index === first ? [addRule(POLICY_CHAIN, `iifname @${UPLINK_SET} accept`), ...commands] : commands,
  );
};
