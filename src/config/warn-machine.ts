/** What will bite because of the machine around a valid configuration. Pure. */
import type { Rule } from '../model.ts';
import { PRIORITY, TABLE } from './constants.ts';
import { DNSMASQ_REMEDY, missingDomains } from './dnsmasq.ts';
import { natModule } from './helper-modules.ts';
import type { Warning } from './problem.ts';
import type { Config, Health } from './schema.ts';

/** What was read of the machine; a part that could not be read is left out, and nothing is said of it. */
export interface Machine {
  /** Modules that are loaded or built in. */
  readonly modules?: ReadonlySet<string>;
  /** net.ipv4.ip_forward. */
  readonly forwarding?: boolean;
  /** The text of dnsmasq's configuration files; empty without dnsmasq. */
  readonly dnsmasq?: string;
  /** Tools that are not installed, by the names of their Debian packages. */
  readonly missingPackages?: readonly string[];
  /** The text of /etc/nftables.conf, where the system loads it. */
  readonly nftables?: string;
  /** Routing tables with a default route, or with half of one, as VPNs write it. */
  readonly defaults?: ReadonlySet<number>;
}

/** Every warning about a valid configuration, given the rules of the kernel and the machine. */
export const machineWarnings = (config: Config, rules: readonly Rule[], machine: Machine): Warning[] => [
  ...forwardingWarnings(machine),
  ...flushWarnings(machine),
  ...packageWarnings(config, machine),
  ...helperWarnings(config, machine),
  ...domainWarnings(config, machine),
  ...aboveWarnings(rules, config, machine),
];

const forwardingWarnings = ({ forwarding }: Machine): Warning[] =>
  forwarding === false
    ? [
        {
          message:
            'net.ipv4.ip_forward = 0: the kernel forwards nothing, so only the router itself has uplinks',
          remedy:
            'if others are to use them: echo net.ipv4.ip_forward=1 >/etc/sysctl.d/router.conf && sysctl --system',
        },
      ]
    : [];

/** What does not work without a package. */
const NEEDED: Readonly<Record<string, string>> = {
  nftables: 'connections do not keep their uplink, policies are not kept, and nothing is masqueraded',
  conntrack: 'connections of a dead line hang until they time out',
};

/** What asks the targets of health checks, by its package. */
const ASKERS: Readonly<Record<string, (health: Health) => boolean>> = {
  'iputils-ping': ({ targets }) => targets.length === 0 || targets.some(({ kind }) => kind === 'ping'),
  socat: ({ targets }) => targets.some(({ kind }) => kind !== 'ping'),
};

const packageWarnings = ({ uplinks }: Config, { missingPackages = [] }: Machine): Warning[] =>
  missingPackages.flatMap((name) => {
    const asks = ASKERS[name];
    const blind = uplinks.filter(({ health }) => health.check && asks?.(health));
    if (asks !== undefined && blind.length === 0) return [];
    const lost =
      asks === undefined
        ? (NEEDED[name] ?? 'it is needed')
        : `health checks learn nothing from targets of ${blind.map((uplink) => `"${uplink.name}"`).join(', ')}`;
    return [{ message: `${name} is not installed: ${lost}`, remedy: `apt install ${name}` }];
  });

const flushWarnings = ({ nftables = '' }: Machine): Warning[] =>
  /^\s*flush ruleset\b/m.test(nftables)
    ? [
        {
          message:
            '/etc/nftables.conf has "flush ruleset": when nftables is reloaded, our table is gone until the next event',
          remedy:
            'flush your own tables by name instead, or run "mlb-hooks apply" after each reload (ExecReload= in a drop-in)',
        },
      ]
    : [];

const helperWarnings = ({ settings }: Config, { modules }: Machine): Warning[] =>
  settings.helpers.flatMap((helper) => {
    const module = natModule(helper);
    if (modules === undefined || module === undefined || modules.has(module)) return [];
    return [
      {
        message: `helpers: "${helper}" needs module ${module} behind NAT, and nothing loads it by itself`,
        remedy: `echo ${module} >>/etc/modules-load.d/mlb-hooks.conf && modprobe ${module}`,
      },
    ];
  });

const domainWarnings = ({ policies }: Config, { dnsmasq }: Machine): Warning[] => {
  if (dnsmasq === undefined) return [];
  return policies.flatMap((policy) => {
    const [first, ...more] = missingDomains(policy, policies, dnsmasq);
    if (first === undefined) return [];
    const which = more.length === 0 ? first : `${first} and ${more.length} more`;
    return [
      {
        message: `policy "${policy.name}": no address of ${which} is learned, because dnsmasq is not told to`,
        remedy: DNSMASQ_REMEDY,
      },
    ];
  });
};

const aboveWarnings = (
  rules: readonly Rule[],
  { settings, policies }: Config,
  { defaults }: Machine,
): Warning[] => {
  const strict = policies.filter((policy) => policy.else === 'reject').map(({ name }) => `"${name}"`);
  if (strict.length === 0) return [];
  return rules
    .filter((rule) => takesAll(rule) && rule.protocol !== settings.protocol)
    .filter(
      ({ priority, table }) => priority <= settings.priorityBase + PRIORITY.mark && defaults?.has(table),
    )
    .map(({ priority, table }) => ({
      message: `rule ${priority} (lookup ${table}) answers before the marks of policies: what else = "reject" of ${strict.join(', ')} should refuse leaves by the default route of table ${table}`,
      remedy: `if that must not be, let that program use a priority above ${settings.priorityBase + PRIORITY.strict}`,
    }));
};

/**
 * Whether a rule is for (nearly) all packets, as VPNs write it: with no selector of ours, or with a mark negated, which
 * our own rules never have. What `suppress_prefixlength` leaves of a table has no default route.
 */
const takesAll = ({ from, to, oif, mark, foreign, table, suppressPrefixLength }: Rule): boolean =>
  from === undefined &&
  to === undefined &&
  oif === undefined &&
  (mark !== undefined) === foreign &&
  suppressPrefixLength === undefined &&
  ![TABLE.main, TABLE.local, TABLE.default].some((system) => system === table);
