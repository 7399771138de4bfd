import type { Config, Memory, Ruleset, RulesetFacts, UplinkState } from '../model.ts';
import { buildOf } from '../ruleset/build.ts';
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
});

/** What identifies the ruleset that should be loaded. Its text is made only when it has to be. */
export const computeRuleset = (
  config: Config,
  states: readonly UplinkState[],
  memory: Pick<Memory, 'uplinks' | 'missingHelpers'>,
): Ruleset => {
  const chosen = chosenIds(config);
  const working = states.filter(({ use, uplink }) => use === 'working' && chosen.includes(uplink.id));
  const unplugged = working.filter(({ status }) => status === 'no-carrier');
  return {
    build: buildOf(config, rulesetFacts(states, memory)),
    living: idsOf(working),
    ...(unplugged.length === 0 ? {} : { unplugged: idsOf(unplugged) }),
  };
};

const idsOf = (states: readonly UplinkState[]): number[] =>
  states.map(({ uplink }) => uplink.id).sort((a, b) => a - b);
