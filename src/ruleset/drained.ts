import type { Config, Policy } from '../model.ts';

/**
 * The configuration as new connections see it: no policy gives any to an uplink that is draining. One that named no
 * other is left with no uplinks at all.
 */
export const withoutDraining = (config: Config, draining: readonly number[]): Config =>
  draining.length === 0
    ? config
    : { ...config, policies: config.policies.map((policy) => without(policy, draining)) };

/** Ids of all uplinks that a policy names, best first. */
export const namedIds = ({ use }: Policy): readonly number[] => (typeof use === 'string' ? [] : use.flat());

const without = (policy: Policy, draining: readonly number[]): Policy => {
  if (typeof policy.use === 'string') return policy;
  const groups = policy.use.map((ids) => ids.filter((id) => !draining.includes(id)));
  return { ...policy, use: groups.filter((ids) => ids.length > 0) };
};
