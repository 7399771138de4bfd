/** A router with many of everything: twelve uplinks, 200 policies, connections shared by client. */
import { THREE_UPLINKS } from '../netns/router.ts';
import { manyPolicies, withBalance } from './rulesets.ts';

const OTHERS = Array.from({ length: 9 }, (_, index) => index + 3);

/** The other nine uplinks, beside w0, w1 and w2. */
export const WIRE_OTHERS = OTHERS.map(
  (n) => `
ip link add w${n} type veth peer name i${n} netns isp
ip -n isp link set i${n} up
ip -n isp addr add 10.64.${n}.1/24 dev i${n}
ip addr add 10.64.${n}.2/24 dev w${n}
ip link set w${n} up`,
).join('\n');

const TWELVE_UPLINKS = [
  THREE_UPLINKS,
  ...OTHERS.map(
    (n) => `[[uplink]]
id = ${n + 1}
name = "line${n}"
device = "w${n}"
weight = ${1 + (n % 3)}
gateway = "10.64.${n}.1"
qdisc = "none"
`,
  ),
].join('\n');

/** Nothing for link events to change in nft. */
export const TWELVE_ROUTED = withBalance('multipath', '', TWELVE_UPLINKS);

/** Each link event changes a pool. */
export const TWELVE_BY_CLIENT = withBalance('source', manyPolicies(200, 0), TWELVE_UPLINKS);

export const TWO_HUNDRED_POLICIES = withBalance('multipath', manyPolicies(200, 0));
