import { stripControl } from './strip-control.ts';

/** A line of a transaction that was refused, counted from 1, and what was said about it. */
export interface NftError {
  readonly line: number;
  readonly message: string;
}

/** More would be the same again: each policy of a configuration may have the same fault. */
const MOST = 10;

/** Most characters of what was said about a line. */
const MESSAGE_LIMIT = 200;

/**
 * The refused lines in what `nft -f -` says: `/dev/stdin:LINE:FROM-TO: Error: MESSAGE`, then the line itself. The
 * kernel's own refusals name the line too (tried with nft 1.0.6).
 */
export const parseNftErrors = (stderr: string): NftError[] =>
  [...stderr.matchAll(/^\/dev\/stdin:(\d+):[\d-]+: Error: (.*)$/gm)]
    .map(([, line, message = '']) => ({ line: Number(line), message: stripControl(message, MESSAGE_LIMIT) }))
    .slice(0, MOST);
