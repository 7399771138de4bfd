import { defaultHealth } from '../../src/config/health.ts';
import { parseConfig } from '../../src/config/load.ts';
import type {
  Config,
  Link,
  Memory,
  Observed,
  Policy,
  Route,
  Rule,
  RulesetFacts,
  Uplink,
  UplinkState,
  Verdict,
} from '../../src/model.ts';

/** The smallest of each noun; a test names only what it is about. */
export const NO_MEMORY: Memory = {
  uplinks: {},
  sysctls: [],
  missingQdiscs: [],
  missingHelpers: [],
  missingTools: [],
};

/** A kernel that has every helper, no small line, and none that is draining. */
export const NO_FACTS: RulesetFacts = { missingHelpers: [], smallMtus: {}, draining: [] };

export const NOTHING: Observed = {
  links: [],
  routes: [],
  rules: [],
  qdiscs: [],
  nft: {},
  sysctls: [],
  leases: new Map(),
  verdicts: new Map(),
};

/** A configuration with these uplinks and default settings. */
export const sampleConfig = async (...uplinks: readonly string[]): Promise<Config> =>
  parseConfig(uplinks.map((uplink) => `[[uplink]]\n${uplink}\n`).join('\n'));

export const sampleUplink = (fields: Partial<Uplink> = {}): Uplink => ({
  id: 1,
  name: 'cable',
  device: 'eth1',
  weight: 1,
  tier: 1,
  qdisc: 'prio-sfq',
  masquerade: 'private',
  clampMss: true,
  health: defaultHealth(),
  ...fields,
});

/** A policy that takes everything and leaves it as it is. */
export const samplePolicy = (fields: Partial<Policy> = {}): Policy => ({
  name: 'mail',
  from: [],
  to: [],
  toDomains: [],
  protocols: [],
  fromPorts: [],
  toPorts: [],
  inDevices: [],
  users: [],
  dscp: [],
  use: 'balance',
  else: 'any',
  log: false,
  ...fields,
});

export const sampleLink = (fields: Partial<Link> = {}): Link => ({
  index: 11,
  device: 'eth1',
  up: true,
  carrier: true,
  noArp: false,
  mtu: 1500,
  addresses: [{ family: 4, address: '192.0.2.2', prefixLength: 24 }],
  ...fields,
});

/** An uplink that is up, with its link and addresses. */
export const sampleState = (fields: Partial<UplinkState> = {}): UplinkState => {
  const link = sampleLink();
  const { addresses } = link;
  return { uplink: sampleUplink(), status: 'up', reason: '', use: 'working', link, addresses, ...fields };
};

/** The monitor's word about the link of `sampleLink`: that it answers. */
export const sampleVerdict = (fields: Partial<Verdict> = {}): Verdict => ({
  id: 1,
  device: 'eth1',
  index: 11,
  health: 'alive',
  reason: '',
  since: 100,
  flaps: 0,
  loss: 0,
  rtt: 20,
  jitter: 1,
  targets: [],
  ...fields,
});

export const sampleRoute = (fields: Partial<Route> = {}): Route => ({
  family: 4,
  table: 7701,
  destination: 'default',
  tos: 0,
  metric: 1,
  type: 'unicast',
  protocol: 77,
  scope: 0,
  nexthops: [{ gateway: '192.0.2.1', device: 'eth1', weight: 1, onlink: false, dead: false }],
  metrics: {},
  ...fields,
});

export const sampleRule = (fields: Partial<Rule> = {}): Rule => ({
  family: 4,
  priority: 20900,
  protocol: 77,
  table: 7700,
  foreign: false,
  ...fields,
});
