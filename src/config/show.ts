/** Parts of messages: values and uplinks as the operator wrote them. */

/** Longest piece of a value that a message repeats. */
const MAX_SHOWN = 60;

/** `key = value`, spelled as in TOML; masks in hexadecimal, tables and lists by their kind. */
export const showSetting = (key: string, value: unknown): string =>
  `${showKey(key)} = ${showValue(key, value)}`;

/** A key as TOML writes it: bare where it can be, else in quotes, which also tames control characters. */
export const showKey = (key: string): string => (/^[A-Za-z0-9_-]{1,40}$/.test(key) ? key : quote(key));

/** An uplink by its name; by its place in the file when it has none. */
export const showUplink = (name: unknown, index: number): string =>
  typeof name === 'string' && name !== '' ? `uplink ${quote(name)}` : `[[uplink]] number ${index + 1}`;

const showValue = (key: string, value: unknown): string => {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' && key === 'mark-mask' && Number.isInteger(value) && value >= 0)
    return `0x${value.toString(16)}`;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) return 'a table';
  return String(value);
};

const quote = (text: string): string =>
  JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
