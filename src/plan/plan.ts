import type { Config, Desired, Observed, Plan } from '../model.ts';
import { planNft } from './nft.ts';
import { orderChanges } from './order.ts';
import { planQdiscs } from './qdiscs.ts';
import { planRoutes } from './routes.ts';
import { planRules } from './rules.ts';
import { planSysctls } from './sysctls.ts';

/** What must change to get from the observed to the desired, in the order in which it must be done. */
export const computePlan = (config: Config, desired: Desired, observed: Observed): Plan => {
  const routes = planRoutes(config, desired.routes, observed.routes);
  const rules = planRules(config.settings, desired.rules, observed.rules);
  const qdiscs =
    observed.qdiscs === undefined ? NO_PLAN : planQdiscs(config, desired.qdiscs, observed.qdiscs);
  const nft = observed.nft === undefined ? [] : planNft(desired.nft, observed.nft);
  const sysctls = planSysctls(desired.sysctls, observed.sysctls);
  const changes = [...sysctls, ...routes.changes, ...rules.changes, ...nft, ...qdiscs.changes];
  return {
    changes: orderChanges(changes, config),
    conflicts: [...rules.conflicts, ...routes.conflicts, ...qdiscs.conflicts],
  };
};

const NO_PLAN: Plan = { changes: [], conflicts: [] };
