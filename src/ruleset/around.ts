/** What a router needs around its uplinks: masquerade, segment sizes, conntrack helpers. */

import type { Config, RulesetFacts } from '../model.ts';
import { byDevice } from './devices.ts';
import { addChain, addHelper, addRule, type Command } from './lines.ts';
import { isAssigned } from './marks.ts';

/** Sources that the internet does not route back: RFC 1918, RFC 6598, RFC 3927. */
const PRIVATE = ['192.168.0.0/16', '10.0.0.0/8', '172.16.0.0/12', '100.64.0.0/10', '169.254.0.0/16'];

/**
 * Source translation, per uplink. It comes behind other nat chains, so that a translation of the operator's own wins.
 * Besides what is asked for: the router's own packets that leave by another uplink than the one whose address they have
 * got, because a mark was set after the source was chosen. What goes into an IPsec policy keeps its source.
 */
export const masquerade = ({ settings: { markMask }, uplinks }: Config): Command[] => [
  addChain('masquerade_by', 'nat hook postrouting priority srcnat + 1'),
  addRule('masquerade_by', 'rt ipsec exists accept'),
  ...byDevice(
    'masquerade_by',
    'oifname',
    'masquerade_of',
    uplinks,
    (uplink) => `masquerade_${uplink.masquerade}`,
  ),
  ...(['private', 'all', 'none'] as const).map((kind) => addChain(`masquerade_${kind}`)),
  ...PRIVATE.map((prefix) => addRule('masquerade_private', `ip saddr ${prefix} masquerade`)),
  addRule('masquerade_private', 'goto masquerade_none'),
  addRule('masquerade_all', 'meta nfproto ipv4 masquerade'),
  addRule(
    'masquerade_none',
    `${isAssigned('meta', markMask)} meta nfproto ipv4 fib saddr type local fib saddr . oif type != local masquerade`,
  ),
];

/**
 * TCP is told of a small line at its start (clamping), in both directions. The size is written out, because `rt mtu`
 * would look the way back up without the connection's mark; nft only ever makes a segment size smaller. Without such
 * an uplink there is no chain: every forwarded packet would pay for it.
 */
export const segmentSizes = ({ uplinks }: Config, smallMtus: RulesetFacts['smallMtus']): Command[] => {
  const small = uplinks.flatMap(({ id, name, device, clampMss }) => {
    const mtu = smallMtus[id];
    if (mtu === undefined || !clampMss) return [];
    return ['oifname', 'iifname'].map((field) =>
      addRule(
        'segment_size',
        `${field} "${device}" tcp option maxseg size set ${mtu - TCP_IPV4_HEADERS}`,
        `uplink "${name}"`,
      ),
    );
  });
  if (small.length === 0) return [];
  return [
    addChain('segment_sizes', 'filter hook forward priority mangle'),
    addRule('segment_sizes', 'meta nfproto ipv4 tcp flags & (syn | rst) == syn goto segment_size'),
    addChain('segment_size'),
    ...small,
  ];
};

/** Bytes of an IPv4 and a TCP header without options (RFC 9293, 3.7.1). */
const TCP_IPV4_HEADERS = 40;

/** Name in the configuration -> [the kernel's name, protocol, port]; some have two. */
const HELPERS: Readonly<
  Record<Config['settings']['helpers'][number], readonly (readonly [string, string, number])[]>
> = {
  amanda: [['amanda', 'udp', 10080]],
  ftp: [['ftp', 'tcp', 21]],
  h323: [
    ['RAS', 'udp', 1719],
    ['Q.931', 'tcp', 1720],
  ],
  irc: [['irc', 'tcp', 6667]],
  'netbios-ns': [['netbios-ns', 'udp', 137]],
  pptp: [['pptp', 'tcp', 1723]],
  sane: [['sane', 'tcp', 6566]],
  sip: [
    ['sip', 'udp', 5060],
    ['sip', 'tcp', 5060],
  ],
  snmp: [['snmp', 'udp', 161]],
  tftp: [['tftp', 'udp', 69]],
};

/** Chain that gives new connections their conntrack helper: what they announce inherits their mark. */
export const HELPER_CHAIN = 'helpers';

/** `helpers` less those that the kernel lacks. */
export const helperChain = (helpers: Config['settings']['helpers']): Command[] =>
  helpers.length === 0
    ? []
    : [
        addChain(HELPER_CHAIN),
        ...helpers.flatMap((helper) =>
          HELPERS[helper].flatMap(([type, protocol, port]) => {
            const name = `helper_${helper}_${port}_${protocol}`;
            const about = `helper "${helper}"`;
            return [
              addHelper(name, type, protocol, about),
              addRule(HELPER_CHAIN, `${protocol} dport ${port} ct helper set "${name}"`, about),
            ];
          }),
        ),
      ];
