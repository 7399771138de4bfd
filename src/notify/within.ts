/** Whether a promise is kept within so many milliseconds, and before `stop`. The promise must not reject. */
export const isWithin = (
  promise: Promise<unknown>,
  milliseconds: number,
  stop?: AbortSignal,
): Promise<boolean> =>
  new Promise((resolve) => {
    const answer = (kept: boolean): void => {
      clearTimeout(timer);
      stop?.removeEventListener('abort', late);
      resolve(kept);
    };
    const late = (): void => answer(false);
    const timer = setTimeout(late, stop?.aborted === true ? 0 : milliseconds);
    stop?.addEventListener('abort', late);
    promise.then(() => answer(true));
  });
