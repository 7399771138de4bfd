/**
 * Two small hashes, good enough to spread and to recognise, and no protection against anybody. Written out because
 * this folder is pure; what they give must stay the same for ever, or an upgrade would move connections for nothing.
 */

/** 16 hexadecimal digits that stand for a text: two lanes of MurmurHash3's mixing, with different multipliers. */
export const fingerprint = (text: string): string => {
  let left = 0xdeadbeef;
  let right = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    left = Math.imul(rotate(left ^ code, 13), 0x9e3779b1);
    right = Math.imul(rotate(right ^ code, 19), 0x85ebca77);
  }
  // Each lane is finished with the other's state, so that a collision must happen in both.
  const high = mix(left, right ^ text.length);
  return [high, mix(right, high)].map((lane) => lane.toString(16).padStart(8, '0')).join('');
};

/** A number of 32 bits, 0..4294967295, that depends on every bit of both numbers (MurmurHash3's finaliser, twice). */
export const mix = (a: number, b: number): number =>
  finish(finish(a ^ 0x9e3779b9) ^ Math.imul(b, 0x85ebca77));

const finish = (value: number): number => {
  const once = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
};

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
