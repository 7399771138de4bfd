import type { Config, Memory, Ruleset, RulesetFacts, UplinkState } from '../model.ts';
import { buildOf } from '../ruleset/build.ts';
import { withoutDraining } from '../ruleset/drained.ts';
import { chosenIds } from '../ruleset/pools.ts';

/** Bytes of an ethernet frame's payload, for which TCP's segment sizes are right without help. */
const ETHERNET_MTU = 1500;

/** The MTU of an uplink's device if it is a small one; what it was last, while the device is away. */
export const smallMtuOf = (
  { uplink, link }: UplinkState,
  { uplinks }: Pick<Memory, 'uplinks'>,
): number | undefined => {
  // A ppp device that is about to come up has ethernet's until its session has been negotiated.
  const isUp = link?.up === true && link.addresses.length > 0;
  const mtu = isUp ? link.mtu : uplinks[uplink.id]?.smallMtu;
  return mtu === undefined || mtu >= ETHERNET_MTU ? undefined : mtu;
};

/** What the ruleset's text depends on besides the configuration. Links that come and go do not change it. */
export const rulesetFacts = (
  states: readonly UplinkState[],
  memory: Pick<Memory, 'uplinks' | 'missingHelpers'>,
): RulesetFacts => ({
  missingHelpers: memory.missingHelpers,
  smallMtus: Object.fromEntries(
    states.flatMap((state) => {
      const mtu = smallMtuOf(state, memory);
      return mtu === undefined ? [] : [[state.uplink.id, mtu]];
    }),
  ),
  // By the operator's word and not by the status: a line that comes and goes meanwhile is to change nothing.
  draining: idsOf(states.filter(({ uplink }) => memory.uplinks[uplink.id]?.word === 'draining')),
});

/** What identifies the ruleset that should be loaded. Its text is made only when it has to be. */
export const computeRuleset = (
  config: Config,
  states: readonly UplinkState[],
  memory: Pick<Memory, 'uplinks' | 'missingHelpers'>,
): Ruleset => {
  const facts = rulesetFacts(states, memory);
  const chosen = chosenIds(withoutDraining(config, facts.draining));
  const working = states.filter(({ use, uplink }) => use === 'working' && chosen.includes(uplink.id));
  const unplugged = working.filter(({ status }) => status === 'no-carrier');
  const deferred = working.filter((state) => state.deferred === true);
  return {
    build: buildOf(config, facts),
    living: idsOf(working),
    ...(unplugged.length === 0 ? {} : { unplugged: idsOf(unplugged) }),
    ...(deferred.length === 0 ? {} : { deferred: idsOf(deferred) }),
  };
};

const idsOf = (states: readonly UplinkState[]): number[] =>
  states.map(({ uplink }) => uplink.id).sort((a, b) => a - b);
