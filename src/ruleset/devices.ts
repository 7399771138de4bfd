import type { Uplink } from '../model.ts';
import { addElements, addMap, addRule, addSet, type Command, flush } from './lines.ts';

/** Up to this number of uplinks, one comparison after the other is faster than a lookup (`npm run bench`). */
const FEW = 3;

/** Rules that send a packet to the chain of its uplink's device; it goes on where the device is no uplink's. */
export const byDevice = (
  chain: string,
  field: 'iifname' | 'oifname',
  name: string,
  uplinks: readonly Uplink[],
  target: (uplink: Uplink) => string,
): Command[] =>
  uplinks.length <= FEW
    ? uplinks.map((uplink) => addRule(chain, `${field} "${uplink.device}" goto ${target(uplink)}`))
    : [
        addMap(name, 'type ifname : verdict'),
        flush('map', name),
        addElements(
          name,
          uplinks.map((uplink) => `"${uplink.device}" : goto ${target(uplink)}`),
        ),
        addRule(chain, `${field} vmap @${name}`),
      ];

/** A set of the uplinks' devices, emptied and filled anew with every load. */
export const deviceSet = (name: string, uplinks: readonly Uplink[]): Command[] => [
  addSet(name, 'type ifname'),
  flush('set', name),
  ...(uplinks.length === 0
    ? []
    : [
        addElements(
          name,
          uplinks.map(({ device }) => `"${device}"`),
        ),
      ]),
];
