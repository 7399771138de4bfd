import type { Job } from './attempt.ts';
import { converge, type Outcome } from './converge.ts';
import { messageOf } from './errors.ts';
import type { Looking } from './look.ts';
import type { Config, LinkEvent, Memory, Runner } from './model.ts';
import { acquireLock } from './system/lock.ts';
import { isSpooled, readSpool, removeSpooled, spoolEvent, sweepSpool } from './system/spool.ts';
import { loadMemory, saveMemory } from './system/state.ts';

/** What a hook or a command asks for. */
export interface Request extends Pick<Looking, 'target' | 'trust' | 'leave' | 'verdicts'> {
  /** Called with the lock held, so that a configuration changed while waiting is not undone by an older one. */
  readonly config: () => Promise<Config>;
  readonly event?: LinkEvent;
  readonly waitSeconds: number;
  /** Makes the runner; children get the lock's descriptor, so that one that outlives us still holds it. */
  readonly makeRunner: (options: { lockFd: number }) => Runner;
  /** Changes what is remembered before the first look: `apply` forgets what was missing, to try it again. */
  readonly prepare?: (memory: Memory) => Memory;
  /** Changes what is remembered afterwards: `flush` has restored the sysctls. */
  readonly finish?: (outcome: Outcome) => Memory;
}

/**
 * How a request ended. `busy`: the lock was held all the time; the event stays spooled for whoever holds it.
 * `coalesced`: another run applied the event while we waited.
 */
export type Result =
  | { readonly kind: 'busy' }
  | { readonly kind: 'coalesced' }
  | { readonly kind: 'done'; readonly outcomes: readonly Outcome[]; readonly problems: readonly string[] };

/** Rounds of one holder: with events coming faster than that, the next holder goes on. */
const MAX_ROUNDS = 8;

/**
 * The whole of a hook and of every command that changes the kernel: spool the event, take the lock, converge, look
 * at the spool again before leaving. Throws UserError when the lock, the configuration or `ip` fails.
 */
export const reconcile = async (request: Request): Promise<Result> => {
  const problems: string[] = [];
  const own = request.event === undefined ? undefined : spool(request.event, problems);
  const lock = acquireLock({ waitSeconds: request.waitSeconds });
  if (lock === undefined) return { kind: 'busy' };
  try {
    if (lock.warning !== undefined) problems.push(lock.warning);
    if (own?.id !== undefined && !isSpooled(own.id)) return { kind: 'coalesced' };
    const run = request.makeRunner({ lockFd: lock.fd });
    return { kind: 'done', outcomes: await drain(request, own?.unspooled ?? [], run, problems), problems };
  } finally {
    lock.release();
  }
};

interface OwnEvent {
  readonly id?: string;
  /** The event itself where the spool could not take it. */
  readonly unspooled: readonly LinkEvent[];
}

const spool = (event: LinkEvent, problems: string[]): OwnEvent => {
  try {
    return { id: spoolEvent(event), unspooled: [] };
  } catch (thrown) {
    problems.push(messageOf(thrown));
    return { unspooled: [event] };
  }
};

/** Applies what is spooled until nothing is; events that arrive meanwhile share one further round. */
const drain = async (
  request: Request,
  unspooled: readonly LinkEvent[],
  run: Runner,
  problems: string[],
): Promise<Outcome[]> => {
  const config = await request.config();
  const save = (memory: Memory): void => {
    try {
      saveMemory(memory);
    } catch (thrown) {
      problems.push(messageOf(thrown));
    }
  };
  const { target, trust, leave, verdicts } = request;
  const job: Job = {
    config,
    run,
    remember: save,
    ...(target === undefined ? {} : { target }),
    ...(trust === undefined ? {} : { trust }),
    ...(leave === undefined ? {} : { leave }),
    ...(verdicts === undefined ? {} : { verdicts }),
  };
  const outcomes: Outcome[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const spooled = readSpool();
    if (round > 0 && spooled.length === 0) break;
    const memory = remembered(problems);
    const events = [...spooled.map(({ event }) => event), ...(round === 0 ? unspooled : [])];
    const start = round === 0 && request.prepare !== undefined ? request.prepare(memory) : memory;
    const outcome = await converge(job, start, events);
    save(request.finish?.(outcome) ?? outcome.memory);
    outcomes.push(outcome);
    // What cannot be removed would be applied for ever.
    if (removeSpooled(spooled.map(({ id }) => id)).length > 0) break;
  }
  const garbage = sweepSpool();
  if (garbage > 0) problems.push(`spool: ${garbage} files held no event and were removed`);
  return outcomes;
};

const remembered = (problems: string[]): Memory => {
  const { memory, rebuilt } = loadMemory();
  if (rebuilt !== undefined) problems.push(rebuilt);
  return memory;
};
