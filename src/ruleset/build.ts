import { RULESET_EDITION } from '../config/constants.ts';
import type { Config, RulesetFacts } from '../model.ts';
import { namedIds } from './drained.ts';
import { fingerprint } from './hash.ts';

/**
 * Fingerprint of everything that the ruleset's text is made of, but for the working uplinks: the configuration, what the
 * kernel has, the edition of the text. That an uplink is draining changes the text only where a policy names it.
 */
export const buildOf = (config: Config, { missingHelpers, smallMtus, draining }: RulesetFacts): string => {
  const { balance, helpers, mainDestinations, markMask } = config.settings;
  const uplinks = config.uplinks.map(({ id, name, device, weight, tier, masquerade, clampMss }) => [
    id,
    name,
    device,
    weight,
    tier,
    masquerade,
    clampMss ? smallMtus[id] : undefined,
  ]);
  const usable = helpers.filter((helper) => !missingHelpers.includes(helper));
  const named = new Set(config.policies.flatMap(namedIds));
  const drained = draining.filter((id) => named.has(id));
  return fingerprint(
    JSON.stringify([
      RULESET_EDITION,
      balance,
      usable,
      mainDestinations,
      markMask,
      uplinks,
      config.policies,
      drained,
    ]),
  );
};
