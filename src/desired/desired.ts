import type { Config, Desired, Memory, Observed, UplinkState } from '../model.ts';
import { mainRoutes } from './copies.ts';
import { computeRuleset } from './nft.ts';
import { computeQdiscs } from './qdiscs.ts';
import { computeRoutes } from './routes.ts';
import { computeRules } from './rules.ts';
import { computeSysctls } from './sysctls.ts';

/** Everything of ours that should be in the kernel, given what the uplinks are. */
export const computeDesired = (
  config: Config,
  states: readonly UplinkState[],
  observed: Observed,
  memory: Memory,
): Desired => ({
  routes: computeRoutes(config, states, mainRoutes(observed.routes)),
  rules: computeRules(config, states),
  qdiscs: computeQdiscs(config, states, memory),
  sysctls: computeSysctls(states, observed, memory),
  nft: computeRuleset(config, states, memory),
});

/** Nothing of ours, and every sysctl as it was before: what `flush` wants. */
export const computeNothing = (observed: Observed, memory: Memory): Desired => ({
  routes: [],
  rules: [],
  qdiscs: [],
  sysctls: computeSysctls([], observed, memory),
  nft: undefined,
});
