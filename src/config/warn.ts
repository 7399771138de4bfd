/** What works now and will bite later. Pure. */
import type { Rule } from '../model.ts';
import { PRIORITY, PRIORITY_MAIN, TABLE } from './constants.ts';
import type { PeersOptions } from './ppp.ts';
import type { Warning } from './problem.ts';
import type { Config, Uplink } from './schema.ts';
import { showSetting } from './show.ts';
import { PRIORITY_BASE_RANGE } from './validate.ts';
import { healthWarnings } from './warn-health.ts';

/**
 * Every warning about a valid configuration, given the rules of the kernel and the files of
 * /etc/ppp/peers.
 */
export const configWarnings = (
  config: Config,
  rules: readonly Rule[],
  peers: readonly PeersOptions[],
): Warning[] => [
  ...protocolWarnings(config.settings.protocol),
  ...config.uplinks.flatMap(uploadWarnings),
  ...healthWarnings(config),
  ...config.uplinks.flatMap((uplink) => unpinnedWarnings(uplink, peers)),
  ...peers.filter((file) => mayBringUp(file, config, peers)).flatMap(defaultRouteWarnings),
  ...rules.filter((rule) => isBypassed(rule, config)).map((rule) => bypassWarning(rule, config)),
];

/** Route protocols of other programs that may well run here (iproute2's rt_protos). */
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [9, 'the kernel (router advertisements)'],
  [11, 'zebra'],
  [12, 'bird'],
  [16, 'DHCP clients'],
  [18, 'keepalived'],
  [42, 'babeld'],
  [186, 'a BGP daemon'],
  [187, 'an IS-IS daemon'],
  [188, 'an OSPF daemon'],
  [189, 'a RIP daemon'],
  [192, 'an EIGRP daemon'],
]);

const protocolWarnings = (protocol: number): Warning[] => {
  const owner = PROTOCOLS.get(protocol);
  if (owner === undefined) return [];
  return [
    {
      message: [
        `${showSetting('protocol', protocol)}: is the number of ${owner},`,
        'whose routes mlb-hooks would take for its own and delete',
      ].join(' '),
      remedy: 'leave it out for the default, protocol = 77',
    },
  ];
};

const uploadWarnings = ({ name, qdisc, upload }: Uplink): Warning[] =>
  upload === undefined || qdisc !== 'none'
    ? []
    : [
        {
          message: `uplink "${name}": upload limits nothing, because qdisc = "none" leaves the device as it is`,
          remedy: 'choose another qdisc or leave upload out',
        },
      ];

const unpinnedWarnings = ({ name, device }: Uplink, peers: readonly PeersOptions[]): Warning[] => {
  const unit = /^ppp([0-9]+)$/.exec(device)?.[1];
  if (!isUnpinned(device, peers)) return [];
  return peers
    .filter((file) => file.device === undefined)
    .map(({ file }) => ({
      message: [
        `uplink "${name}": ${file} has neither "unit" nor "ifname",`,
        `so that after a redial its line may not be called ${device}`,
      ].join(' '),
      remedy: `if it dials this uplink, add: ${unit === undefined ? `ifname ${device}` : `unit ${unit}`}`,
    }));
};

/** Whether a device is pppd's and no peers file promises its name. */
const isUnpinned = (device: string, peers: readonly PeersOptions[]): boolean =>
  device.startsWith('ppp') && !peers.some((file) => file.device === device);

/**
 * Whether pppd with this file could bring up an uplink: it names the device, or could get one that nobody
 * names.
 */
const mayBringUp = ({ device }: PeersOptions, { uplinks }: Config, peers: readonly PeersOptions[]): boolean =>
  uplinks.some((uplink) =>
    device === undefined ? isUnpinned(uplink.device, peers) : uplink.device === device,
  );

const EFFECT = {
  defaultroute:
    'pppd writes a default route of its own into table main, or refuses to, depending on its version and on what is there',
  replacedefaultroute:
    "pppd takes away the default route of table main, from which another uplink's gateway may be learned, and puts an old one back at hangup",
} as const;

const defaultRouteWarnings = ({ file, defaultRoute }: PeersOptions): Warning[] =>
  defaultRoute === undefined
    ? []
    : [
        {
          message: `${file}: "${defaultRoute}": ${EFFECT[defaultRoute]}`,
          remedy: 'write nodefaultroute instead: mlb-hooks writes the default routes',
        },
      ];

/**
 * A rule of another program behind our balance rule, which answers first as long as any uplink works.
 * Lookups of the system's own tables are what happens anyway; rules for some
 * addresses or devices only are not judged. Those for a mark are: who sets one wants its table, and wg-quick's are for
 * all that does not have its mark.
 */
const isBypassed = (rule: Rule, { settings }: Config): boolean =>
  rule.protocol !== settings.protocol &&
  rule.priority > settings.priorityBase + PRIORITY.balance &&
  rule.priority < PRIORITY_MAIN &&
  rule.table !== TABLE.main &&
  rule.table !== TABLE.local &&
  rule.table !== TABLE.default &&
  rule.from === undefined &&
  rule.to === undefined &&
  rule.oif === undefined;

/** With equal priorities the older rule is asked first, so the highest possible base is enough for 32765. */
const bypassWarning = (rule: Rule, { settings }: Config): Warning => {
  const base = Math.min(rule.priority - PRIORITY.balance + 1, PRIORITY_BASE_RANGE.max);
  const balance = settings.priorityBase + PRIORITY.balance;
  return {
    message: `rule ${rule.priority}${rule.table === 0 ? '' : ` (lookup ${rule.table})`} is bypassed: mlb-hooks' rule ${balance} answers before it while any uplink works`,
    remedy: `if it should win, as a VPN's must: priority-base = ${base}`,
  };
};
