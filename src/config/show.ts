/** Parts of messages: values and uplinks as the operator wrote them. */

/** Longest piece of a value that a message repeats. */
const MAX_SHOWN = 60;

/** `key = value`, spelled as in TOML; masks in hexadecimal, tables by their kind. */
export const showSetting = (key: string, value: unknown): string =>
  `${showKey(key)} = ${showKeyed(key, value)}`;

/** A key as TOML writes it: bare where it can be, else in quotes, which also tames control characters. */
export const showKey = (key: string): string => (/^[A-Za-z0-9_-]{1,40}$/.test(key) ? key : quote(key));

/** An uplink by its name; by its place in the file when it has none. */
export const showUplink = (name: unknown, index: number): string => showEntry('uplink', name, index);

/** A table of a list, `policy "mail"`, or `[[policy]] number 2` when it has no name. */
export const showEntry = (kind: 'uplink' | 'policy', name: unknown, index: number): string =>
  typeof name === 'string' && name !== '' ? `${kind} ${quote(name)}` : `[[${kind}]] number ${index + 1}`;

/** A value as TOML writes it, shortened; tables by their kind. */
export const showValue = (value: unknown): string => {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return showList(value);
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) return 'a table';
  return String(value);
};

const showKeyed = (key: string, value: unknown): string =>
  typeof value === 'number' && key === 'mark-mask' && Number.isInteger(value) && value >= 0
    ? `0x${value.toString(16)}`
    : showValue(value);

/** Whole entries only, as many as there is room for. */
const showList = (values: readonly unknown[]): string => {
  const shown = values.slice(0, MAX_SHOWN).map(showValue);
  const room = shown.findIndex((_, index) => shown.slice(0, index + 1).join(', ').length > MAX_SHOWN);
  return `[${[...shown.slice(0, room < 0 ? undefined : room), ...(room < 0 ? [] : ['…'])].join(', ')}]`;
};

const quote = (text: string): string =>
  JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
