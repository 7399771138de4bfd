import { randomInt } from 'node:crypto';
import { keepRunning } from '../system/keep-running.ts';
import { udpAddress } from './bound.ts';
import { uptime } from './clock.ts';
import { encodeQuery, encodeQuestion, readAnswers } from './dns-message.ts';
import { makeLineCutter } from './lines.ts';
import type { Probing, Running } from './probing.ts';
import { readSocat, type SocatEvent } from './socat-text.ts';

/** Where name servers listen (RFC 1035, 4.2.1). */
const DNS_PORT = 53;

/** After so many failures in a row socat is started anew: it may hang, or a box on the way may have lost its flow. */
const HANDFUL = 5;

interface Query {
  readonly sent: number;
  readonly began: number;
  readonly timer: NodeJS.Timeout;
}

/** Probes by asking a name server, over one socket that stays open. */
export const startDns = ({ order, address, onResult, onUnknown }: Probing): Running => {
  const { device, target, interval, timeout } = order;
  const question = encodeQuestion(target.question ?? '');
  const pending = new Map<number, Query>();
  let failures = 0;
  const cut = makeLineCutter();
  /** When the socat that runs had its socket: what was asked before has waited for that. */
  let ready = 0;
  /** Why the network refused the last one, or why it could not be asked. */
  let refusal: string | undefined;
  let broken: string | undefined;

  const kept = keepRunning({
    tool: 'socat',
    args: ['-d', '-d', '-lu', '-', udpAddress({ device, address, port: target.port ?? DNS_PORT })],
    input: true,
    onOutput: (chunk) => {
      const answers = readAnswers(chunk, question).filter(({ id }) => pending.has(id));
      for (const { id, error } of answers) settle(id, error ?? ANSWERED);
      return answers.length > 0;
    },
    onError: (text) => {
      for (const event of readSocat(cut(text))) onEvent(event);
    },
    onEnd: ({ said }) => {
      if (said === SILENT) refusal = undefined;
      for (const id of [...pending.keys()])
        if (refusal === undefined) drop(id);
        else settle(id, refusal);
      return said === SILENT || refusal !== undefined;
    },
    onTrouble: (said) => onUnknown(broken ?? said),
  });
  const onEvent = (event: SocatEvent): void => {
    if (event.kind === 'connected') ready = performance.now();
    else if (event.kind === 'refused') refusal = event.cause;
    else if (event.kind === 'broken') broken = event.cause;
    else broken = refusal = undefined;
  };

  const ask = (): void => {
    const id = randomInt(0x10000);
    if (pending.has(id)) return;
    const sent = uptime();
    if (kept.write(encodeQuery(id, question))) {
      const timer = setTimeout(() => setImmediate(expire, id), 1000 * timeout);
      pending.set(id, { sent, began: performance.now(), timer });
    } else if (refusal !== undefined) onResult({ sent, at: sent, cause: refusal });
  };
  // What arrived while we did not run is read before the query has failed: timers come before reading.
  const expire = (id: number): void => {
    if (!pending.has(id)) return;
    settle(id, undefined);
    if (failures % HANDFUL === 0) kept.restart(SILENT);
  };
  const settle = (id: number, outcome: string | undefined): void => {
    const query = drop(id);
    if (query === undefined) return;
    const at = uptime();
    failures = outcome === ANSWERED ? 0 : failures + 1;
    const rtt = Math.min(performance.now() - Math.max(query.began, ready), 1000 * timeout);
    if (outcome === ANSWERED) onResult({ sent: query.sent, at, rtt });
    else onResult({ sent: query.sent, at, ...(outcome === undefined ? {} : { cause: outcome }) });
  };
  const drop = (id: number): Query | undefined => {
    const query = pending.get(id);
    clearTimeout(query?.timer);
    pending.delete(id);
    return query;
  };

  const timer = setInterval(ask, 1000 * interval);
  ask();
  return {
    stop: () => {
      clearInterval(timer);
      for (const id of [...pending.keys()]) drop(id);
      kept.stop();
    },
  };
};

/** Outcome of a query that was answered; all others are causes. */
const ANSWERED = '';

/** Why we end a socat that gets no answer. */
const SILENT = 'nothing answered';
