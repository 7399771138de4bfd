/** Targets of health checks as they are written to what they mean. Pure. */
import { parseIpv4 } from '../ipv4.ts';
import { GATEWAY_TARGET } from './constants.ts';
import { parseDomain } from './domains.ts';
import type { Target } from './health-schema.ts';
import type { Listed } from './lists.ts';
import { gatewayProblem } from './names.ts';
import { nearest } from './nearest.ts';
import type { Refusal } from './ranges.ts';
import { showValue } from './show.ts';

/** Targets in the order in which they are written; one that means the same as an earlier one is a finding. */
export const readTargets = (entries: readonly string[]): Listed<Target> => {
  const read = entries.map(parseTarget);
  const meanings = read.map((target) => JSON.stringify({ ...target, text: undefined }));
  const findings = read.flatMap((target, index) => {
    if ('reason' in target) return [{ index, ...target }];
    const first = meanings.indexOf(meanings[index] ?? '');
    if (first === index) return [];
    const reason = `is the same as ${showValue(entries[first])}`;
    return [{ index, reason, remedy: 'remove one of the two' }];
  });
  return { values: read.flatMap((target) => ('reason' in target ? [] : [target])), findings };
};

/** "192.0.2.1", "ping:example.org", "tcp:HOST:PORT", "dns:SERVER[:PORT]/NAME" or "http://…[ STATUS]", or why not. */
export const parseTarget = (text: string): Target | Refusal => {
  const [, written, rest = ''] = /^([a-z]+):(.*)$/i.exec(text) ?? [];
  const kind = written?.toLowerCase();
  // It is shown to people as it is.
  if (/\p{Cc}/u.test(text)) return { reason: 'has a control character', remedy: KINDS };
  if (/^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*(%|$)/i.test(text)) return { ...IPV6, remedy: KINDS };
  if (kind === undefined || kind === 'ping') return parsePing(text, kind === undefined ? text : rest);
  if (kind === 'tcp') return parseTcp(text, rest);
  if (kind === 'dns') return parseDns(text, rest);
  if (kind === 'http' || kind === 'https') return parseHttp(text);
  return { reason: `"${written}" is no way to ask a target`, remedy: KINDS };
};

/** An example of each kind. */
const PING = 'write for example "192.0.2.1", "example.org" or "gateway"';
const TCP = 'write for example "tcp:192.0.2.1:443"';
const DNS = 'write for example "dns:192.0.2.53/example.org"';
const HTTP = 'write for example "https://example.org/generate_204 204"';
const KINDS =
  'write "gateway", "192.0.2.1", "tcp:192.0.2.1:443", "dns:192.0.2.53/example.org" or "https://example.org/"';

const IPV6 = { reason: 'is IPv6, and only IPv4 is supported yet' };

const parsePing = (text: string, written: string): Target | Refusal => {
  if (/^[^:]+:[0-9]+$/.test(written))
    return { reason: 'has a port, and a ping goes to none', remedy: `write "tcp:${written}"` };
  const host = parseHost(written, PING);
  return typeof host === 'string' ? { text, kind: 'ping', host } : host;
};

const parseTcp = (text: string, written: string): Target | Refusal => {
  const colon = written.lastIndexOf(':');
  if (colon < 0) return { reason: 'names no port', remedy: `write for example "tcp:${written}:443"` };
  const host = parseHost(written.slice(0, colon), TCP);
  if (typeof host !== 'string') return host;
  const port = parsePort(written.slice(colon + 1), TCP);
  return typeof port === 'number' ? { text, kind: 'tcp', host, port } : port;
};

const parseDns = (text: string, written: string): Target | Refusal => {
  const [, server = '', portText = '53', name] = /^([^/]*?)(?::([0-9]*))?(?:\/(.*))?$/.exec(written) ?? [];
  const host = parseHost(server, DNS);
  if (typeof host !== 'string') return host;
  const port = parsePort(portText, DNS);
  if (typeof port !== 'number') return port;
  if (name === undefined || name === '')
    return {
      reason: 'asks for no name',
      remedy: `write for example "dns:${written.replace(/\/$/, '')}/example.org"`,
    };
  const question = parseName(name, DNS);
  return typeof question === 'string' ? { text, kind: 'dns', host, port, question } : question;
};

/** The statuses of HTTP (RFC 9110, 15). */
const STATUS = /^[1-5][0-9]{2}$/;

const parseHttp = (text: string): Target | Refusal => {
  const [address = '', status, ...more] = text.split(/ +/);
  if (!/^https?:\/\/./i.test(address) || !URL.canParse(address))
    return { reason: 'is not a web address', remedy: HTTP };
  if (more.length > 0 || (status !== undefined && !STATUS.test(status)))
    return { reason: 'must end with the address, or with a space and a status', remedy: HTTP };
  const url = new URL(address);
  if (url.username !== '' || url.password !== '')
    return { reason: 'has a user or a password, which everybody could read', remedy: 'leave it out' };
  if (url.hostname === GATEWAY_TARGET)
    return { reason: 'the gateway can be asked by ping, tcp or dns only', remedy: 'write "tcp:gateway:80"' };
  const host = parseHost(url.hostname, HTTP);
  if (typeof host !== 'string') return host;
  // "http://192.0.2/" is 192.0.0.2 to a browser, and nobody means that.
  if (
    !address
      .slice(url.protocol.length + 2)
      .toLowerCase()
      .startsWith(host)
  )
    return { reason: `is ${host} to the web`, remedy: `write "${url.href}" if that is meant` };
  const port = parsePort(url.port === '' ? (DEFAULT_PORT[url.protocol] ?? '') : url.port, HTTP);
  if (typeof port !== 'number') return port;
  const target = { text, kind: 'http', host, port, url: url.href } as const;
  return status === undefined ? target : { ...target, status: Number(status) };
};

const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** An address, a name in lower case, or `gateway`. `example` is the remedy. */
const parseHost = (text: string, example: string): string | Refusal => {
  if (text === GATEWAY_TARGET) return text;
  if (/[:[]/.test(text)) return { ...IPV6, remedy: example };
  if (parseIpv4(text) !== undefined)
    return gatewayProblem(text) === undefined
      ? text
      : { reason: 'is not an address that a line leads to', remedy: example };
  if (/(^|\.)[0-9]+$/.test(text)) return { reason: 'has no valid IPv4 address', remedy: example };
  if (text.includes('.')) return parseName(text, example);
  const near = nearest(text, [GATEWAY_TARGET]);
  return {
    reason: 'has no host: an IPv4 address, a name with a dot, or gateway',
    remedy: near === undefined ? example : `did you mean "${near}"?`,
  };
};

const parseName = (text: string, example: string): string | Refusal => {
  const name = parseDomain(text);
  if (typeof name === 'string') return name;
  return /[^ -~]/.test(text) ? name : { reason: 'has no valid name', remedy: example };
};

const parsePort = (text: string, example: string): number | Refusal =>
  /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535
    ? Number(text)
    : { reason: 'has no valid port, 1..65535', remedy: example };
