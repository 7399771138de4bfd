/**
 * What a line of iputils' `ping -n -O` says of one probe; `sequence` counts from 1 and goes on at 0 after 65535.
 * `missing`: there was no answer when the next probe was sent. `refused`: somebody on the way answered instead.
 */
export type PingEvent =
  | { readonly kind: 'answer'; readonly sequence: number; readonly rtt: number }
  | { readonly kind: 'missing'; readonly sequence: number }
  | { readonly kind: 'refused'; readonly sequence: number; readonly cause: string };

/**
 * The lines that say something of a probe (ping(8), iputils ping.c and ping_common.c); all others, such as the first
 * and warnings, match nothing. What follows the time marks a copy, `(DUP!)`, or a damaged answer: neither counts.
 * A redirect or a quench is no refusal: the probe goes on to its destination.
 */
const LINE =
  /^(?:\d+ bytes from [^ ]+ icmp_seq=(\d+) ttl=\d+ time=(\d+(?:\.\d+)?) ms|no answer yet for icmp_seq=(\d+)|From [^ ]+ icmp_seq=(\d+) (?!Redirect|Source Quench)(.+))$/gm;

/** Events in the whole lines of a text, in their order. A plain loop: this runs at every probe. */
export const readPing = (text: string): PingEvent[] => {
  const events: PingEvent[] = [];
  LINE.lastIndex = 0;
  for (let match = LINE.exec(text); match !== null; match = LINE.exec(text)) events.push(eventOf(match));
  return events;
};

const eventOf = ([, answered, rtt, missing, refused, cause = '']: RegExpExecArray): PingEvent => {
  if (answered !== undefined) return { kind: 'answer', sequence: Number(answered), rtt: Number(rtt) };
  if (missing !== undefined) return { kind: 'missing', sequence: Number(missing) };
  return { kind: 'refused', sequence: Number(refused), cause };
};
