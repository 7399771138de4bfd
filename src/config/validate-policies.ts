/** How the conditions of a policy fit together, and with what is around it. Pure. */
import { hasPorts } from './numbers.ts';
import type { ResolvedPolicy } from './policy.ts';
import type { Problem } from './problem.ts';
import { allInside, type Range } from './ranges.ts';
import type { Uplink } from './schema.ts';
import { showSetting } from './show.ts';

/** Every problem between values of policies that are valid alone. `kept`: the destinations that stay in main. */
export const validatePolicies = (
  policies: readonly ResolvedPolicy[],
  uplinks: readonly Partial<Uplink>[],
  kept: readonly Range[],
): Problem[] => {
  const names = policies.map(({ draft }) => draft.values.name);
  return policies.flatMap((policy, index) => [
    ...(names[index] !== undefined && names.indexOf(names[index]) < index
      ? [problem(policy, 'name', 'is already the name of another policy', 'give each its own name')]
      : []),
    ...PORTS.flatMap((key) => portProblems(policy, key)),
    ...deviceProblems(policy, uplinks),
    ...elseProblems(policy),
    ...keptProblems(policy, kept),
  ]);
};

type Key = 'name' | 'to' | 'fromPorts' | 'toPorts' | 'inDevice' | 'user' | 'else';

const SPELLED: Readonly<Record<Key, string>> = {
  name: 'name',
  to: 'to',
  fromPorts: 'from-ports',
  toPorts: 'to-ports',
  inDevice: 'in-device',
  user: 'user',
  else: 'else',
};

const PORTS = ['fromPorts', 'toPorts'] as const;

/** Shows a list of one as what is in it, as it may have been written. */
const problem = ({ draft }: ResolvedPolicy, key: Key, reason: string, remedy: string): Problem => {
  const value = draft.values[key];
  const shown = showSetting(SPELLED[key], Array.isArray(value) && value.length === 1 ? value[0] : value);
  return { path: [...draft.path, SPELLED[key]], message: `${draft.label}${shown}: ${reason}`, remedy };
};

const portProblems = (policy: ResolvedPolicy, key: 'fromPorts' | 'toPorts'): Problem[] => {
  const { protocol } = policy.draft.values;
  if (policy.conditions[key].length === 0) return [];
  if (protocol === undefined)
    return [
      problem(
        policy,
        key,
        'needs a protocol that has ports',
        'add protocol = "tcp", or ["tcp", "udp"], sctp, dccp, udplite',
      ),
    ];
  const without = policy.conditions.protocols.find(({ first }) => !hasPorts(first));
  if (without === undefined) return [];
  return [
    problem(
      policy,
      key,
      `${showSetting('protocol', protocol)} is not only protocols that have ports (number ${without.first} has none)`,
      'keep tcp, udp, sctp, dccp and udplite only, or leave the ports out',
    ),
  ];
};

const deviceProblems = (policy: ResolvedPolicy, uplinks: readonly Partial<Uplink>[]): Problem[] => {
  const { inDevice, user } = policy.draft.values;
  if (inDevice === undefined) return [];
  const arrived = uplinks.find(({ device }) => device !== undefined && inDevice.includes(device));
  return [
    ...(user === undefined
      ? []
      : [
          problem(
            policy,
            'user',
            'can never match together with in-device: what a user of the router sends came in by no device',
            'leave one of the two out',
          ),
        ]),
    ...(arrived === undefined
      ? []
      : [
          problem(
            policy,
            'inDevice',
            `what comes in by ${arrived.device} is answered by uplink "${arrived.name ?? arrived.device}", whatever policies say`,
            'name the devices of the LAN only',
          ),
        ]),
  ];
};

const elseProblems = (policy: ResolvedPolicy): Problem[] => {
  const { use } = policy;
  if (policy.draft.values.else !== 'reject' || typeof use !== 'string') return [];
  return [
    problem(
      policy,
      'else',
      `means nothing with use = "${use}", which names no uplink that could fail`,
      'leave else out, or name uplinks in use',
    ),
  ];
};

const keptProblems = (policy: ResolvedPolicy, kept: readonly Range[]): Problem[] => {
  const { conditions, use } = policy;
  if (typeof use === 'string' || conditions.to.length === 0 || conditions.toDomains.length > 0) return [];
  if (!allInside(conditions.to, kept)) return [];
  return [
    problem(
      policy,
      'to',
      'can never leave by an uplink: main-destinations keeps all of it in table main',
      'take it out of main-destinations, or remove the policy',
    ),
  ];
};
