import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { messageOf, UserError } from '../errors.ts';
import type { Memory } from '../model.ts';
import { parseMemory } from './memory-shape.ts';
import { RUN_DIR, WORDS_FILE } from './paths.ts';
import { codeOf, ensureRunDir } from './run-dir.ts';
import { isRecord } from './shape.ts';
import { readWords } from './words.ts';
import { replaceFile } from './write-file.ts';

/** What was remembered, and what is lost of it, in words for the log. */
export interface LoadedMemory {
  readonly memory: Memory;
  readonly rebuilt?: string;
}

/**
 * Reads what only events tell. Never throws: a part that is missing or not of the right shape is forgotten and
 * named in `rebuilt`, the rest is kept, and a missing file is normal until one was saved since boot. Without a usable
 * file the words that were said to outlive a reboot hold.
 */
export const loadMemory = (runDir: string = RUN_DIR, wordsFile: string = WORDS_FILE): LoadedMemory => {
  const lost: string[] = [];
  const state = readState(runDir, lost);
  const memory = parseMemory(state ?? {}, lost);
  const said = isRecord(state) ? NOTHING_SAID : readWords(wordsFile);
  const rebuilt = [
    ...(lost.length === 0 ? [] : [`${fileIn(runDir)}: ${lost.join(', ')}; went on without it`]),
    ...said.problems,
  ];
  return {
    memory: { ...memory, uplinks: { ...said.uplinks, ...memory.uplinks } },
    ...(rebuilt.length === 0 ? {} : { rebuilt: rebuilt.join('; ') }),
  };
};

const NOTHING_SAID = { uplinks: {}, problems: [] } as const;

/**
 * Writes the memory, atomically, unless the file says the same already. Returns whether it wrote.
 * A UserError if it cannot be written; the old file is whole then. Only the holder of the lock may call it.
 */
export const saveMemory = (memory: Memory, runDir: string = RUN_DIR): boolean => {
  const path = fileIn(runDir);
  const text = `${JSON.stringify(memory)}\n`;
  const before = textOf(path);
  if (before === text) return false;
  ensureRunDir(runDir);
  try {
    replaceFile(path, `${path}.tmp`, text);
    if (before === undefined) writeFileSync(markIn(runDir), '', { mode: 0o600 });
    return true;
  } catch (thrown) {
    throw new UserError(
      `${path}: cannot be written: ${messageOf(thrown)}`,
      'check the space left there; vetoes, what drain and disable said, and the sysctls to restore are not remembered until then',
    );
  }
};

const fileIn = (runDir: string): string => `${runDir}/state.json`;

/** Says that there was a state file since boot, so that one that is missing was lost. */
const markIn = (runDir: string): string => `${runDir}/state.saved`;

/** The text, or undefined if there is none that can be read. */
const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** What the file says; undefined if there is none that can be read. */
const readState = (runDir: string, lost: string[]): unknown => {
  try {
    return JSON.parse(readFileSync(fileIn(runDir), 'utf8'));
  } catch (thrown) {
    const missing = codeOf(thrown) === 'ENOENT';
    if (missing && existsSync(markIn(runDir))) lost.push('is gone since it was last written');
    else if (thrown instanceof SyntaxError) lost.push('is not JSON, or cut short');
    else if (codeOf(thrown) === 'EACCES') lost.push('may be read by root only');
    else if (!missing) lost.push(`cannot be read: ${messageOf(thrown)}`);
    return undefined;
  }
};
