/** Device names that the kernel and our own messages can carry; also what keeps one from being a path. */
const DEVICE = /^[A-Za-z0-9_.:@-]{1,15}$/;

/** Whether a text from outside may be a device name (netdevice(7): IFNAMSIZ 16, no slash, no space). */
export const isDevice = (text: string): boolean =>
  DEVICE.test(text) && text !== '.' && text !== '..' && !text.startsWith('-');

/** A non-negative whole number in decimal, as pppd prints its counters; undefined for anything else. */
export const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
