/** The whole text of table `inet mlb_hooks`: objects, chains, rules. */
import type { Config, Ruleset, RulesetFacts } from '../model.ts';
import { HELPER_CHAIN, helperChain, masquerade, segmentSizes } from './around.ts';
import { assignedChains } from './assigned.ts';
import { dispatchRules, poolMap } from './dispatch.ts';
import { withoutDraining } from './drained.ts';
import { guardChains } from './guard.ts';
import { addChain, addRule, COMMANDS, type Command } from './lines.ts';
import { anyOf } from './lookups.ts';
import { isAssigned, markChains, restoreChain, restoreRules } from './marks.ts';
import { POLICY_CHAIN, policyChains } from './policies.ts';
import { balancePool, poolsOf } from './pools.ts';

/** Every command of a ruleset, in the order of a transaction. */
export const renderRuleset = (configured: Config, ruleset: Ruleset, facts: RulesetFacts): Command[] => {
  const config = withoutDraining(configured, facts.draining);
  const helpers = config.settings.helpers.filter((helper) => !facts.missingHelpers.includes(helper));
  const jumps: Jumps = { helpers: helpers.length > 0, policies: config.policies.length > 0 };
  return inOrder([
    ...incoming(config, jumps),
    ...own(config, jumps),
    ...markChains(config),
    ...restoreChain(config),
    ...helperChain(helpers),
    ...policyChains(config),
    ...poolsOf(config).flatMap((pool) => poolMap(pool, ruleset)),
    ...assignedChains(config),
    ...masquerade(config),
    ...segmentSizes(config, facts.smallMtus),
    ...guardChains(configured, facts.draining),
  ]);
};

/** What a new connection has to pass besides the pool. */
interface Jumps {
  readonly helpers: boolean;
  readonly policies: boolean;
}

const jumpRules = (chain: string, { helpers, policies }: Jumps): Command[] => [
  ...(helpers ? [addRule(chain, `jump ${HELPER_CHAIN}`)] : []),
  ...(policies ? [addRule(chain, `jump ${POLICY_CHAIN}`)] : []),
];

/** What comes in: packets of an assigned connection get its mark, new connections are given an uplink. */
const incoming = (config: Config, jumps: Jumps): Command[] => {
  const pool = balancePool(config);
  const dispatched = pool === undefined ? [] : dispatchRules('fresh', pool);
  // A mark of others' may be for a rule of theirs that compares all of it.
  const unmarked = dispatched.length === 0 ? [] : [addRule('fresh', 'meta mark != 0 accept')];
  const fresh = [...jumpRules('fresh', jumps), ...unmarked, ...dispatched];
  return [
    addChain('prerouting', 'filter hook prerouting priority mangle'),
    ...restoreRules('prerouting', config),
    ...(fresh.length === 0
      ? []
      : [
          addRule('prerouting', 'ct state new goto fresh'),
          addChain('fresh'),
          // Somebody else has chosen an uplink for it.
          addRule('fresh', `${isAssigned('meta', config.settings.markMask)} accept`),
          addRule('fresh', 'meta nfproto != ipv4 accept'),
          ...passOverMain('fresh', config),
          ...fresh,
        ]),
  ];
};

/** Connections to what stays in main get no mark; a rule sends them there. */
const passOverMain = (chain: string, { settings: { mainDestinations } }: Config): Command[] => {
  if (mainDestinations.length <= FEW)
    return mainDestinations.map((prefix) => addRule(chain, `ip daddr ${prefix} accept`));
  const { text, lines } = anyOf('ip daddr', 'ipv4_addr', mainDestinations);
  return [...lines, addRule(chain, `${text} accept`)];
};

/** Up to this number of prefixes, one comparison after the other is faster than a lookup (`npm run bench`). */
const FEW = 4;

/** What the router itself sends: answers, and what a policy says. The rest is balanced by routes, in every mode. */
const own = (config: Config, jumps: Jumps): Command[] => {
  const local = jumpRules('local', jumps);
  return [
    addChain('output', 'route hook output priority mangle'),
    // Packets with a mark of others', such as a VPN's own: their connection's mark would send them astray.
    addRule('output', 'meta mark != 0 accept'),
    ...restoreRules('output', config),
    ...(local.length === 0
      ? []
      : [
          addRule('output', 'ct state new goto local'),
          addChain('local'),
          addRule('local', 'meta nfproto != ipv4 accept'),
          addRule('local', 'oifname "lo" accept'),
          ...passOverMain('local', config),
          ...local,
        ]),
  ];
};

/** Sorted by kind, each object once: two policies may share a set. Rules stand where they stand. */
const inOrder = (commands: readonly Command[]): Command[] => {
  const unique = new Map(commands.map((command, index) => [keyOf(command, index), command]));
  const all = [...unique.values()];
  return COMMANDS.flatMap((kind) => all.filter((command) => command.kind === kind));
};

const keyOf = ({ kind, text }: Command, index: number): string | number => (kind === 'rule' ? index : text);
