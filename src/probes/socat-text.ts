/** A line of socat's stderr with `-lu`: when, in milliseconds of the day, how grave, and what. */
export interface Notice {
  readonly at: number;
  readonly level: string;
  readonly text: string;
}

/** What became of a connection, as socat tells it; `at` as in Notice. */
export type SocatEvent =
  | { readonly kind: 'opening' | 'connected'; readonly at: number }
  /** The network said no: errno in words. */
  | { readonly kind: 'refused'; readonly at: number; readonly cause: string }
  /** The program or this machine is at fault: no word about the line. */
  | { readonly kind: 'broken'; readonly at: number; readonly cause: string };

/** `2026/11/21 16:47:40.856275 socat[7325] N opening connection to AF=2 10.9.0.2:80` (socat(1), option -lu). */
const LINE = /^[\d/]+ (\d+):(\d+):(\d+\.\d+) socat\[\d+\] ([A-Z]) (.*)$/gm;

/** Lines that are not socat's own are passed over. */
const readNotices = (text: string): Notice[] =>
  Array.from(text.matchAll(LINE), ([, hours, minutes, seconds, level = '', said = '']) => ({
    at: 1000 * (3600 * Number(hours) + 60 * Number(minutes) + Number(seconds)),
    level,
    text: said,
  }));

/** What whole lines of socat's stderr with `-d -d -lu` say of its connection. */
export const readSocat = (text: string): SocatEvent[] => readNotices(text).flatMap(eventOf);

const eventOf = ({ at, level, text }: Notice): SocatEvent[] => {
  if (text.startsWith('opening connection')) return [{ kind: 'opening', at }];
  // With connect-timeout it does not say that it has connected, but begins.
  if (text.startsWith('starting data transfer')) return [{ kind: 'connected', at }];
  // F and E end it; W and N do not.
  if (level !== 'E' && level !== 'F') return [];
  const cause = NETWORK.exec(text)?.[1];
  return cause === undefined
    ? [{ kind: 'broken', at, cause: `socat: ${text}` }]
    : [{ kind: 'refused', at, cause }];
};

/** Calls that fail by what the network or the routes say; `setsockopt(…): No such device` is none of them. */
const NETWORK = /^(?:connect|read|write|recv|recvfrom|send|sendto)\(.*\): (.+)$/;

const DAY = 86_400_000;

/** Milliseconds between two moments of the day, the later one maybe of the next; socat's clock may be set between. */
export const elapsed = (from: number, to: number): number => (to - from + DAY) % DAY;
