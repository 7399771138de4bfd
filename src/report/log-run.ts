import type { Outcome } from '../converge.ts';
import type { Change, Config, LinkEvent, UplinkState } from '../model.ts';
import { describeChange } from '../plan/batch.ts';
import type { Result } from '../reconcile.ts';
import type { Log } from '../system/log.ts';
import { summarize } from './summary.ts';

/** Who ran, for the log: a hook's or a command's name. */
export interface Run {
  readonly name: string;
  readonly event?: LinkEvent;
  /** Milliseconds from the start of the process to the last change. */
  readonly ms: number;
}

/** One line for the run, one for every conflict and problem, and at debug level the exact batch. */
export const logRun = (log: Log, run: Run, result: Result, config: Config): void => {
  const fields = { hook: run.name, ...eventFields(run.event, config), ms: Math.round(run.ms) };
  if (result.kind === 'busy')
    log.warn(fields, 'the lock is still held by another run; it will find this event spooled');
  else if (result.kind === 'coalesced') log.info(fields, 'applied by another run meanwhile');
  else logDone(log, run, fields, result, config.settings.log === 'debug');
};

const logDone = (
  log: Log,
  run: Run,
  fields: Readonly<Record<string, unknown>>,
  result: Result & { kind: 'done' },
  debug: boolean,
): void => {
  const changes = result.outcomes.flatMap((outcome) => outcome.changes);
  const states = result.outcomes.at(-1)?.states ?? [];
  const event = run.event;
  const state = event === undefined ? undefined : states.find(({ uplink }) => uplink.device === event.device);
  log.info({ ...fields, ...stateFields(state, states), changed: changes.length }, summarize(changes));
  if (debug)
    for (const change of changes)
      log.debug({ hook: run.name, ...transactionFields(change) }, describeChange(change));
  for (const { object, consequence, remedy } of result.outcomes.at(-1)?.conflicts ?? [])
    log.warn({ hook: run.name, object, remedy }, `not ours: ${object}: ${consequence}`);
  const notices = result.outcomes.flatMap((outcome) => outcome.notices);
  for (const text of [...notices, ...problemsOf(result.outcomes, result.problems)])
    log.warn({ hook: run.name }, text);
};

/** A transaction is too long for one text. */
const transactionFields = (change: Change): Record<string, unknown> =>
  change.kind === 'nft' ? { lines: change.lines.map(({ text }) => text) } : {};

/** Everything that could not be done, once each. */
export const problemsOf = (outcomes: readonly Outcome[], problems: readonly string[]): string[] => [
  ...new Set([...problems, ...outcomes.flatMap((outcome) => outcome.problems)]),
];

const eventFields = (event: LinkEvent | undefined, config: Config): Record<string, unknown> => {
  if (event === undefined) return {};
  const { source, phase, device, address, pppd, session } = event;
  const uplink = config.uplinks.find((candidate) => candidate.device === device)?.name;
  return { event: `${source} ${phase}`, uplink, device, address, pppd, ...sessionFields(session) };
};

/** pppd(8): how long the line was up, and its bytes. */
const sessionFields = (session: LinkEvent['session']): Record<string, unknown> =>
  session === undefined
    ? {}
    : { connectSeconds: session.seconds, bytesSent: session.sent, bytesReceived: session.received };

const stateFields = (
  state: UplinkState | undefined,
  states: readonly UplinkState[],
): Record<string, unknown> => ({
  ...(state === undefined
    ? {}
    : { state: state.status, addresses: state.addresses.map(({ address }) => address) }),
  working: states.filter(({ use }) => use === 'working').map(({ uplink }) => uplink.name),
});
