/** What an operator has said with `--persist`: /var/lib/mlb-hooks/words.json, the part of the memory that outlives a reboot. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import type { Memory, Uplink, Word } from '../model.ts';
import { parseMemory } from './memory-shape.ts';
import { WORDS_FILE } from './paths.ts';
import { codeOf, ensureRunDir } from './run-dir.ts';
import { isRecord } from './shape.ts';
import { replaceFile } from './write-file.ts';

/** Memory of nothing but devices and words, by the ids of their uplinks, and what of it is lost, in words. */
export interface Said {
  readonly uplinks: Memory['uplinks'];
  readonly problems: readonly string[];
}

/**
 * The persisted words. Never throws: what is missing was never said, and what is broken is named and left out. Nobody
 * but root may read them, and for others that is no problem worth telling: the state file says it already.
 */
export const readWords = (file: string = WORDS_FILE): Said => {
  const lost: string[] = [];
  const { uplinks } = parseMemory({ uplinks: readJson(file, lost) }, lost);
  const said = Object.entries(uplinks).flatMap(([id, { device, word }]) =>
    word === undefined ? [] : [[id, { device, word }] as const],
  );
  const problems = lost.map((what) => `${file}: ${what}; went on without it`);
  return { uplinks: Object.fromEntries(said), problems };
};

/**
 * Writes down the word of an uplink, or that it has none any more; those of uplinks whose ids are not `configured` are
 * forgotten. A UserError if it cannot be written; the old file is whole then. Only the holder of the lock may call it.
 */
export const persistWord = (
  { id, device }: Pick<Uplink, 'id' | 'device'>,
  word: Word | undefined,
  configured: readonly number[],
  file: string = WORDS_FILE,
): void => {
  const { uplinks: before } = readWords(file);
  const others = Object.entries(before).filter(
    ([other]) => other !== String(id) && configured.includes(Number(other)),
  );
  const after = Object.fromEntries([
    ...others,
    ...(word === undefined ? [] : [[id, { device, word }] as const]),
  ]);
  if (JSON.stringify(after) === JSON.stringify(before)) return;
  try {
    ensureRunDir(dirname(file));
    replaceFile(file, `${file}.tmp`, `${JSON.stringify(after)}\n`, { durable: true });
  } catch (thrown) {
    throw new UserError(
      `${file}: cannot be written: ${messageOf(thrown)}`,
      'what was said holds until the next boot; check the space left there and say it again',
    );
  }
};

const readJson = (file: string, lost: string[]): unknown => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isRecord(value)) return value;
    lost.push('is not a JSON object');
  } catch (thrown) {
    if (thrown instanceof SyntaxError) lost.push('is not JSON, or cut short');
    else if (!ABSENT.includes(codeOf(thrown) ?? '')) lost.push(`cannot be read: ${messageOf(thrown)}`);
  }
  return {};
};

const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR', 'EACCES'];
