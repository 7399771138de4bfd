import { PRIORITY, STRICT_MARK, TABLE } from '../config/constants.ts';
import { contains, networkOf } from '../ipv4.ts';
import { mainMark, markOf } from '../mark.ts';
import type { Address, Config, Rule, UplinkState } from '../model.ts';

/**
 * All our rules, read like a firewall: first match wins (ip-rule(8)). Priorities leave room between the
 * groups for what is added later.
 */
export const computeRules = (config: Config, states: readonly UplinkState[]): Rule[] => {
  const { priorityBase, tableBase, protocol, markMask, mainDestinations } = config.settings;
  const rule = (priority: number, table: number, selectors: Partial<Rule> = {}): Rule => ({
    family: 4,
    priority: priorityBase + priority,
    protocol,
    table,
    foreign: false,
    ...selectors,
  });
  const marked = (value: number): Pick<Rule, 'mark'> => ({ mark: { value, mask: markMask } });
  const perUplink = (build: (id: number, state: UplinkState) => readonly Rule[]): Rule[] =>
    states.flatMap((state) => build(state.uplink.id, state));
  const perAddress = (build: (id: number, address: Address) => Rule): Rule[] =>
    perUplink((id, state) => ownAddresses(state, states).map((address) => build(id, address)));

  const shared = sharedPrefixes(states);
  const isShared = ({ to = '' }: Rule): boolean => shared.has(to);

  return [
    // A connection to a shared peer or into a shared subnet: main would send it by the first device that has it.
    ...perUplink((id, state) =>
      [...new Set(ownAddresses(state, states).map(prefixOf))].map((to) =>
        rule(PRIORITY.markTo + id, tableBase + id, { to, ...marked(markOf(id, markMask)) }),
      ),
    ).filter(isShared),
    // The same for a reply of the router itself, which has the uplink's address.
    ...perAddress((id, address) =>
      rule(PRIORITY.fromTo + id, tableBase + id, { from: address.address, to: prefixOf(address) }),
    ).filter(isShared),
    // LAN, VPN, container and static routes win, always fresh; only main's defaults are passed by.
    rule(PRIORITY.main, TABLE.main, { suppressPrefixLength: 0 }),
    // Connections that have an uplink keep it; while it does not work, its table leads to the others.
    ...perUplink((id) => [rule(PRIORITY.mark + id, tableBase + id, marked(markOf(id, markMask)))]),
    // Connections that a policy leaves to main.
    rule(PRIORITY.markMain, TABLE.main, marked(mainMark(markMask))),
    // Those that may leave by the uplinks of their policy only, and have none.
    rule(PRIORITY.strict, 0, { unreachable: true, mark: { value: STRICT_MARK, mask: STRICT_MARK } }),
    // What is bound to a device leaves by it, also while it is judged dead: probes must find out.
    ...perUplink((id, { uplink }) => [rule(PRIORITY.oif + id, tableBase + id, { oif: uplink.device })]),
    // What the router itself sends from an uplink's address.
    ...perAddress((id, address) => rule(PRIORITY.from + id, tableBase + id, { from: address.address })),
    // What no uplink leads to, such as multicast: main has the last word, its defaults included.
    ...mainDestinations.map((destination) => rule(PRIORITY.keep, TABLE.main, { to: canonical(destination) })),
    // Everything else is balanced.
    rule(PRIORITY.balance, tableBase),
  ];
};

/** Two sticks of one make give the same private address: the rules for it are those of the one that works. */
const ownAddresses = (state: UplinkState, states: readonly UplinkState[]): Address[] =>
  state.addresses.filter(({ address }) =>
    states.every(
      (other) =>
        CLAIM[other.use] >= CLAIM[state.use] || other.addresses.every((own) => own.address !== address),
    ),
  );

/** Whose an address is that several uplinks have: the lowest. */
const CLAIM = { working: 0, draining: 1, dead: 2, gone: 2 } as const;

/** The peer alone, or the subnet of the address. */
const prefixOf = ({ address, peer, prefixLength }: Address): string =>
  networkOf(peer ?? address, prefixLength);

/**
 * The prefixes that overlap another uplink's. For all others main's own route is right, and every packet would pass
 * their rules for nothing. An address with /0 has the whole world for its subnet: no rule may send that before main is
 * asked.
 */
const sharedPrefixes = (states: readonly UplinkState[]): ReadonlySet<string> => {
  const prefixes = states.map(({ addresses }) => [...new Set(addresses.map(prefixOf))]);
  const isShared = (prefix: string, owner: number): boolean =>
    prefixes.some((others, other) => other !== owner && others.some((each) => overlap(prefix, each)));
  return new Set(
    prefixes.flatMap((own, owner) => own.filter((prefix) => prefix !== 'default' && isShared(prefix, owner))),
  );
};

const overlap = (a: string, b: string): boolean => contains(a, addressOf(b)) || contains(b, addressOf(a));

const addressOf = (prefix: string): string => (prefix === 'default' ? '0.0.0.0' : prefix.split('/')[0]) ?? '';

/** A prefix as the kernel gives it back, whatever bits behind it the operator wrote. */
const canonical = (cidr: string): string => {
  const [address = '', length = '32'] = cidr.split('/');
  return networkOf(address, Number(length));
};
