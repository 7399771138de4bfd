import { messageOf } from '../errors.ts';
import { parseCounters } from '../kernel/nft-counters.ts';
import type { NftTable, Runner } from '../model.ts';
import { TABLE_REF } from '../ruleset/names.ts';
import { entriesOf } from './nft-table.ts';
import { describeFailure } from './tool-failure.ts';

/** Counters by name, and why there are none, in words, if nobody has said so yet. */
export interface CountersRead {
  readonly counters: ReadonlyMap<string, number>;
  readonly problem?: string;
}

const ARGS = ['-j', 'list', 'counters', 'table', ...TABLE_REF.split(' ')];

/**
 * Reads the counters of our table as it was observed, with one process of some two milliseconds; never throws. Where
 * the table could not be seen its counters cannot either, and whoever observed it has said why.
 */
export const readNftCounters = async (run: Runner, table: NftTable | undefined): Promise<CountersRead> => {
  const counters = new Map<string, number>();
  if (table === undefined) return { counters };
  if (table.objects?.length === 0) return { counters, problem: `no table ${TABLE_REF}: ${NOT_LOADED}` };
  const result = await run('nft', ARGS);
  if (result.status !== 0) return { counters, problem: describeFailure('nft', ARGS, result) };
  try {
    return { counters: parseCounters(entriesOf(result.stdout)) };
  } catch (thrown) {
    return {
      counters,
      problem: `nft ${ARGS.join(' ')}: answered something that is no JSON: ${messageOf(thrown)}`,
    };
  }
};

const NOT_LOADED = 'no connection is kept on its uplink or counted; "mlb-hooks apply" loads it';
