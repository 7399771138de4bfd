import { PRIORITY, TABLE } from '../config/constants.ts';
import { networkOf } from '../ipv4.ts';
import type { Address, Config, Rule, UplinkState } from '../model.ts';

/**
 * All our rules, read like a firewall: first match wins (ip-rule(8)). Priorities leave room between the
 * groups for what is added later.
 */
export const computeRules = (config: Config, states: readonly UplinkState[]): Rule[] => {
  const { priorityBase, tableBase, protocol } = config.settings;
  const rule = (priority: number, table: number, selectors: Partial<Rule> = {}): Rule => ({
    family: 4,
    priority: priorityBase + priority,
    protocol,
    table,
    foreign: false,
    ...selectors,
  });
  const perAddress = (build: (id: number, address: Address) => Rule): Rule[] =>
    states.flatMap((state) =>
      state.addresses
        .filter(({ address }) => state.use === 'working' || !isUsedElsewhere(address, states))
        .map((address) => build(state.uplink.id, address)),
    );

  return [
    // A reply to a shared peer or a shared subnet: main would send it by the first device that has it.
    ...perAddress((id, address) =>
      rule(PRIORITY.fromTo + id, tableBase + id, { from: address.address, to: prefixOf(address) }),
    ).filter(({ to }) => to !== 'default'),
    // LAN, VPN, container and static routes win, always fresh; only main's defaults are passed by.
    rule(PRIORITY.main, TABLE.main, { suppressPrefixLength: 0 }),
    // What is bound to a device leaves by it, also while it is judged dead: probes must find out.
    ...states.map(({ uplink }) =>
      rule(PRIORITY.oif + uplink.id, tableBase + uplink.id, { oif: uplink.device }),
    ),
    // What the router itself sends from an uplink's address.
    ...perAddress((id, address) => rule(PRIORITY.from + id, tableBase + id, { from: address.address })),
    // Everything else is balanced.
    rule(PRIORITY.balance, tableBase),
  ];
};

/** Two sticks of one make give the same private address: the rules for it are those of the one that works. */
const isUsedElsewhere = (address: string, states: readonly UplinkState[]): boolean =>
  states.some((state) => state.use === 'working' && state.addresses.some((own) => own.address === address));

/** The peer alone, or the subnet of the address. */
const prefixOf = ({ address, peer, prefixLength }: Address): string =>
  networkOf(peer ?? address, prefixLength);
