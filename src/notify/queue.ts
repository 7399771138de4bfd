import { setImmediate } from 'node:timers/promises';

/** Work that waits its turn. */
export interface Queue<T> {
  readonly add: (item: T) => void;
  /** Forgets what waits, says how much that was, and gives the promise of the end of what is under way. */
  readonly clear: () => { readonly forgotten: number; readonly ended: Promise<void> };
}

/**
 * One item at a time, in order, never within `add`. Of more than `limit` that wait the oldest is dropped: what happened
 * last matters most. `onDrop` hears of the first one, and again only after the queue was empty. `work` must not reject.
 */
export const createQueue = <T extends object>(options: {
  readonly limit: number;
  readonly work: (item: T) => Promise<void>;
  readonly onDrop: () => void;
}): Queue<T> => {
  const { limit, work, onDrop } = options;
  const waiting: T[] = [];
  let draining: Promise<void> | undefined;
  let dropped = false;

  const drain = async (): Promise<void> => {
    await setImmediate();
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
    dropped = false;
    draining = undefined;
  };
  return {
    add: (item) => {
      waiting.push(item);
      if (waiting.length > limit) {
        waiting.shift();
        if (!dropped) onDrop();
        dropped = true;
      }
      draining ??= drain();
    },
    clear: () => ({ forgotten: waiting.splice(0).length, ended: draining ?? Promise.resolve() }),
  };
};
