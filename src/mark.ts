/** The uplink's id in a packet's or a connection's mark. Pure. */

/** The lowest bit of a mask. Division and multiplication instead of shifts, which would be signed. */
const lowestBit = (mask: number): number => (mask & -mask) >>> 0;

/** The mark of an uplink: its id in the bits of the mask. */
export const markOf = (id: number, mask: number): number => id * lowestBit(mask);

/** The mark of a connection that stays in table main: all bits of the mask, an id that no uplink has. */
export const mainMark = (mask: number): number => mask;

/** A mark as `ip` and `nft` print it. */
export const hexMark = (mark: number): string => `0x${mark.toString(16)}`;
