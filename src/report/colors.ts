import picocolors from 'picocolors';

/** Colours, or the same functions that do nothing: the caller knows whether a person looks on. */
export const createColors: (on: boolean) => ReturnType<typeof picocolors.createColors> =
  picocolors.createColors;

/** Colour only on a terminal, and never with NO_COLOR set to anything (no-color.org). */
export const wantsColor = (stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';

/** What colours a text. */
export type Paint = ReturnType<typeof createColors>;
