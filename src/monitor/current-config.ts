/** The configuration that counts now: that of the file, or the last one that was right. */
import { configSource } from '../config/source.ts';
import { userIdsOrNobody } from '../config/users.ts';
import { messageOf } from '../errors.ts';
import type { Config } from '../model.ts';
import type { Journal } from './journal.ts';

export interface CurrentConfig {
  /** As it was read last. */
  readonly known: () => Config;
  /** Reads the file again if it was changed. One that is wrong is said, and changes nothing. */
  readonly read: () => Promise<Config>;
  /** The same for an operator who waits for an answer: whether the file is right. */
  readonly reload: () => Promise<boolean>;
}

/** Reads the file for the first time; throws ConfigError. `journal` is asked for only later. */
export const openConfig = async (journal: () => Journal): Promise<CurrentConfig> => {
  const source = configSource(undefined, userIdsOrNobody());
  let config = await source();
  let complaint: string | undefined;

  const read = async (): Promise<Config> => {
    try {
      config = await source();
      if (complaint !== undefined) journal().solved(complaint);
      complaint = undefined;
    } catch (thrown) {
      complaint = `the configuration of before stays in use until this is mended: ${messageOf(thrown)}`;
      journal().problem(complaint);
    }
    return config;
  };
  return {
    known: () => config,
    read,
    reload: async () => {
      if (complaint !== undefined) journal().solved(complaint);
      await read();
      return complaint === undefined;
    },
  };
};
