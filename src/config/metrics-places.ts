/** Where metrics may be told, as it is written in [monitor]. Each returns the reason for a refusal, or undefined. Pure. */
import { parseIpv4 } from '../ipv4.ts';

/** Why a text cannot be the file of Prometheus' textfile collector. */
export const metricsFileProblem = (path: string): string | undefined => {
  if (!path.startsWith('/')) return 'must be an absolute path';
  if (!/[^/]\.prom$/.test(path)) return 'must end in .prom: the collector reads nothing else';
  return /\p{Cc}/u.test(path) ? 'has a control character' : undefined;
};

/** Why a text cannot be where the metrics are listened for: the address must be one that only this host reaches. */
export const listenProblem = (text: string): string | undefined => {
  const [, host = '', port = ''] = /^(.*):([0-9]{1,5})$/.exec(text) ?? [undefined, text];
  if (/[:[]/.test(host)) return 'is IPv6, and only IPv4 is supported yet';
  const address = parseIpv4(host);
  if (address === undefined && host !== 'localhost') return 'must be an address of this host and a port';
  if (address !== undefined && address >>> 24 !== 127)
    return 'is not an address of this host alone (127.0.0.1): everybody could read it';
  return Number(port) >= 1 && Number(port) <= 65_535 ? undefined : 'has no valid port, 1..65535';
};

/** The same place with an address instead of `localhost`, which may be IPv6 elsewhere. */
export const listenAddress = (text: string): string => text.replace(/^localhost:/, '127.0.0.1:');
