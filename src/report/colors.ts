import * as colors from 'yoctocolors';

/** Colours, or the same functions that do nothing: the caller knows whether a person looks on. */
export const createColors = (
  on: boolean,
): Pick<typeof colors, 'red' | 'green' | 'yellow' | 'dim' | 'bold'> =>
  on ? colors : { red: String, green: String, yellow: String, dim: String, bold: String };

/** Colour only on a terminal, and never with NO_COLOR set to anything (no-color.org). */
export const wantsColor = (stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
