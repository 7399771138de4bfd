import { NFT_TABLE } from '../config/constants.ts';
import { messageOf } from '../errors.ts';
import { parseNftTable } from '../kernel/nft.ts';
import type { NftTable, Ruleset, Runner, ToolResult } from '../model.ts';
import { markerOf } from '../ruleset/marker.ts';
import { describeFailure } from './tool-failure.ts';

/** `-t` leaves out the elements of sets and maps: there may be a million. */
const LIST_ARGS = ['-j', '-t', 'list', 'table', 'inet', NFT_TABLE];

/** Why something could not be read. `missing`: the tool is not installed. */
export interface Unread {
  readonly message: string;
  readonly missing: boolean;
}

/**
 * What is in our table; no objects where there is no table. Undefined when `nft` is missing or fails, and
 * `onFailure` is told why: routing does not depend on it.
 */
export const readNftTable = async (
  run: Runner,
  onFailure: (failure: Unread) => void,
): Promise<NftTable | undefined> => {
  const result = await run('nft', LIST_ARGS);
  if (isAbsent(result)) return { objects: [] };
  try {
    if (result.status === 0) return parseNftTable(entriesOf(result.stdout));
    onFailure({ message: describeFailure('nft', LIST_ARGS, result), missing: result.errorCode === 'ENOENT' });
  } catch (thrown) {
    const message = `nft ${LIST_ARGS.join(' ')}: answered something that is no JSON: ${messageOf(thrown)}`;
    onFailure({ message, missing: false });
  }
  return undefined;
};

const isAbsent = ({ status, stderr }: ToolResult): boolean =>
  status !== null && status !== 0 && /No such file or directory/.test(stderr);

/** The list in what `nft -j` prints (libnftables-json(5)); throws if it is no JSON. */
export const entriesOf = (text: string): readonly unknown[] => {
  const { nftables = [] } = JSON.parse(text) as { readonly nftables?: readonly unknown[] };
  return nftables;
};

/**
 * Whether this ruleset is what is loaded: its marker is there. A problem in words where that cannot be found out, and
 * then it is taken to be.
 */
export const confirmRuleset = async (
  ruleset: Ruleset,
  run: Runner,
): Promise<{ readonly loaded: boolean; readonly problem?: string }> => {
  const args = ['list', 'counter', 'inet', NFT_TABLE, markerOf(ruleset)];
  const result = await run('nft', args);
  if (result.status === 0) return { loaded: true };
  if (isAbsent(result)) return { loaded: false };
  return { loaded: true, problem: describeFailure('nft', args, result) };
};
