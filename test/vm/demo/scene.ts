import { NET } from '../lab/network.ts';

/** What the LAN client sends: few enough packets for an emulated processor. */
export const FLOWS = 8;
export const INTERVAL_MS = 20;

/** Where startTraffic's servers listen, in the order in which they are started. */
const PHONE_PORT = 7002;

/** What may use one line only. */
export const POLICY = `[[policy]]
name = "phone"
protocol = "udp"
to-ports = ${PHONE_PORT}
use = "dsl1"
else = "reject"
`;

/** The router's configuration. */
export const CONFIG = `[settings]
balance = "random"

[[uplink]]
id = 1
name = "dsl1"
device = "ppp0"
weight = 2

[[uplink]]
id = 2
name = "dsl2"
device = "ppp1"
weight = 1

${POLICY}`;

/** Shown before anything happens. */
export const INTRODUCTION = `
mlb-hooks keeps a router with several uplinks routed. Here is one, in a virtual
machine that reads this machine's files, writes none and has no network:

  LAN client --- router === dsl1, PPPoE, weight 2 === provider --- server
  ${NET.client.padEnd(14)}        === dsl2, PPPoE, weight 1 ===              ${NET.server}

Connections are shared 2 to 1, but the phone may use dsl1 and nothing else:

${POLICY.trimEnd().replace(/^/gm, '  ')}`;
