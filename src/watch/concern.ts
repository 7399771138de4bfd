/** Pure: which lines of `ip -o -N -4 monitor`, `tc monitor` and `nft monitor` speak of what a run would look at. */
import { MAX_ID, NFT_TABLE, PRIORITY } from '../config/constants.ts';
import type { Config } from '../model.ts';

/** `3: eth1@eth0: <UP> …` and `3: eth1    inet …`; a rule has a tab there. */
const LINK = /^\d+: (\S+)/;
const RULE = /^(\d+):\t/;
const QDISC = /^(?:\w+ )?qdisc \S+ \S+ dev (\S+)/;
const TABLE = new RegExp(`^(?:delete|destroy) table inet ${NFT_TABLE}\\b`);

/** A nexthop object that is deleted takes routes with it of which the kernel says nothing (ip-nexthop(8)). */
const NEXTHOP = /^id \d+ /;

/** The type comes first where it is not unicast: 2 to 5 are local, broadcast, anycast and multicast (rtnetlink(7)). */
const ROUTE = /^(?:(\w+) )?(?:default|\d+\.\d+\.\d+\.\d+(?:\/\d+)?) /;
const KERNEL_TYPES = new Set(['2', '3', '4', '5', 'local', 'broadcast', 'anycast', 'multicast']);

/**
 * Makes the test of one line, without its end: links, addresses and qdiscs of uplinks, routes of main and of our tables,
 * rules in our range, and the deletion of our nft table. Any other line is of no concern, one that cannot be read too.
 */
export const makeConcern = ({ settings, uplinks }: Config): ((line: string) => boolean) => {
  const { tableBase, priorityBase, protocol } = settings;
  const devices = new Set(uplinks.map(({ device }) => device));
  const isOurs = (text: string): boolean => numberAfter(text, 'proto') === protocol;
  const isDevice = (name: string): boolean => devices.has(name) || devices.has(name.split('@')[0] ?? '');
  const isRule = (priority: number, text: string): boolean =>
    (priority > priorityBase + PRIORITY.markTo && priority <= priorityBase + PRIORITY.balance) ||
    isOurs(text);
  const isRoute = (text: string): boolean => {
    const table = numberAfter(text, 'table');
    // `ip` does not print the table of main's routes. A route of ours there is no concern of ours.
    if (table === undefined) return !isOurs(text);
    return (table >= tableBase && table <= tableBase + MAX_ID) || isOurs(text);
  };
  return (line) => {
    const text = line.startsWith('Deleted ') ? line.slice('Deleted '.length) : line;
    const link = LINK.exec(text)?.[1];
    if (link !== undefined) return isDevice(link.replace(/:$/, ''));
    const priority = RULE.exec(text)?.[1];
    if (priority !== undefined) return isRule(Number(priority), text);
    const device = QDISC.exec(text)?.[1];
    if (device !== undefined) return devices.has(device);
    if (TABLE.test(text) || NEXTHOP.test(text)) return true;
    const route = ROUTE.exec(text);
    return route !== null && !KERNEL_TYPES.has(route[1] ?? '') && isRoute(text);
  };
};

/** The number that follows a word of `ip -N`; undefined where the word is not there. */
const numberAfter = (text: string, word: 'table' | 'proto'): number | undefined => {
  const found = (word === 'table' ? AFTER_TABLE : AFTER_PROTO).exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

const AFTER_TABLE = / table (\d+)(?= |$)/;
const AFTER_PROTO = / proto (\d+)(?= |$)/;

/**
 * Whether what `startWatch` reported is about a link or an address: the kernel itself takes routes away with them, so
 * what is missing afterwards may be nobody's doing.
 */
export const isOfLink = (what: string): boolean => OF_LINK.test(what);

const OF_LINK = /^ip: (?:Deleted )?\d+: (?!from |not from )/;
