import type { Lab } from './boot.ts';
import { LINES, NET, type UplinkName } from './network.ts';

/** Packets that came in by each wire. */
export type PerWire = Readonly<Record<UplinkName, number>>;

/** An nft expression for so many bits of a packet, from a byte on that is counted from its IP header. */
export type Field = (byte: number, bits: number) => string;

/** How a packet looks on the wire: its EtherType, and what stands before its IP header. PPPoE: RFC 2516, 4. */
const PPPOE = { type: '0x8864', header: 8 };
const PLAIN = { type: 'ip', header: 0 };

const WIRES = {
  dsl1: { device: LINES.dsl1.isp, ...PPPOE },
  dsl2: { device: LINES.dsl2.isp, ...PPPOE },
  cable: { device: NET.cable.isp, ...PLAIN },
} as const satisfies Record<UplinkName, unknown>;

/** Destination port of TCP and UDP, where the IP header has no options. */
export const destinationPort = (field: Field): string => field(22, 16);

let watches = 0;

/**
 * Counts packets at the provider's ends of the wires, before anything there can drop them. Resolves with a function that
 * tells how many there were so far. Rejects with LabError when nft refuses the match. No ranges: nft 1.0.6 aborts when it
 * lists one of raw bits.
 */
export const watchWires = async (
  lab: Lab,
  match: (field: Field) => string,
): Promise<() => Promise<PerWire>> => {
  watches += 1;
  const table = `netdev watch_${watches}`;
  const chains = Object.entries(WIRES).map(([name, { device, type, header }]) => {
    const field: Field = (byte, bits) => `@nh,${(header + byte) * 8},${bits}`;
    return `counter ${name} { }
    chain on_${name} {
      type filter hook ingress device ${device} priority 0
      meta protocol ${type} ${match(field)} counter name ${name}
    }`;
  });
  await lab.run(['ip', 'netns', 'exec', 'isp', 'nft', '-f', '-'], {
    input: `table ${table} {\n${chains.join('\n')}\n}\n`,
  });
  return async () => {
    const listed = JSON.parse(await lab.run(`ip netns exec isp nft -j list counters table ${table}`)) as {
      nftables: { counter?: { name: UplinkName; packets: number } }[];
    };
    const counts = { dsl1: 0, dsl2: 0, cable: 0 };
    for (const { counter } of listed.nftables)
      if (counter !== undefined) counts[counter.name] = counter.packets;
    return counts;
  };
};
