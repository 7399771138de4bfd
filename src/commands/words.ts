import { configSource } from '../config/source.ts';
import type { Outcome } from '../converge.ts';
import { messageOf } from '../errors.ts';
import type { Config, Memory, Uplink, UplinkMemory, Word } from '../model.ts';
import { carries } from '../report/shares.ts';
import { persistWord } from '../system/words.ts';
import { findUplink } from './event.ts';
import { NOTHING_DONE, type Report, requireRoot, runOrder } from './session.ts';

/** What each command says of an uplink. */
const WORDS = { drain: 'draining', disable: 'disabled', enable: undefined } as const;

/** The commands that say a word. */
export type Verb = keyof typeof WORDS;

/**
 * `mlb-hooks drain`, `disable` and `enable NAME`: an operator's word, which no event ends. NAME is an uplink's name or
 * device. `persist`: also after a reboot; `enable` ends a persisted word in any case.
 */
export const sayWord = async (
  verb: Verb,
  name: string,
  { persist = false }: { persist?: boolean } = {},
): Promise<Report> => {
  requireRoot(`${verb} ${name}`);
  const config = configSource();
  const known = await config();
  const uplink = findUplink(known, name);
  const word = WORDS[verb];
  const unkept: string[] = [];
  let before: Word | undefined;
  const report = await runOrder({
    name: `${verb} ${uplink.name}`,
    config,
    prepare: (memory) => {
      before = memory.uplinks[uplink.id]?.word;
      if (persist || word === undefined) unkept.push(...persistOrSay(uplink, word, known));
      return withWord(memory, uplink, word);
    },
    remarks: (outcome) =>
      word === undefined ? enableRemarks(uplink, before, outcome) : wordRemarks(uplink, word, outcome),
  });
  const lines = report.lines[0] === NOTHING_DONE ? [heard(uplink, word, persist)] : report.lines;
  if (unkept.length === 0) return { ...report, lines };
  return { lines, errors: [...report.errors, ...unkept], exitCode: 1 };
};

/** What an operator hears whose word changes nothing in the kernel. */
const heard = ({ name }: Uplink, word: Word | undefined, persist: boolean): string =>
  `uplink "${name}": ${word ?? 'enabled'}${persist && word !== undefined ? ', also after a reboot' : ''}; ${NOTHING_DONE}`;

/** Memory with this word of an uplink, or without any. */
const withWord = (memory: Memory, { id, device }: Uplink, word: Word | undefined): Memory => {
  const known: UplinkMemory = memory.uplinks[id] ?? { device };
  const { word: _before, ...kept } = known;
  return {
    ...memory,
    uplinks: { ...memory.uplinks, [id]: word === undefined ? kept : { ...kept, word } },
  };
};

/** A full disk is no reason to leave a line in use that somebody wants out. */
const persistOrSay = (uplink: Uplink, word: Word | undefined, { uplinks }: Config): string[] => {
  try {
    persistWord(
      uplink,
      word,
      uplinks.map(({ id }) => id),
    );
    return [];
  } catch (thrown) {
    return [messageOf(thrown)];
  }
};

const wordRemarks = (uplink: Uplink, word: Word, { states }: Outcome): string[] => {
  const { name } = uplink;
  const state = states.find((each) => each.uplink.id === uplink.id);
  const out =
    state === undefined || state.status === word
      ? []
      : [
          `uplink "${name}" is out of use anyway (${state.status}: ${state.reason}), and ${word} when it is back`,
        ];
  const idle = states.some(carries)
    ? []
    : [`no uplink carries new connections now; "${name}" is back with: mlb-hooks enable ${name}`];
  return [...out, ...idle];
};

const enableRemarks = (uplink: Uplink, before: Word | undefined, { states }: Outcome): string[] => {
  const state = states.find((each) => each.uplink.id === uplink.id);
  return [
    ...(before === undefined ? [`uplink "${uplink.name}" was neither disabled nor draining`] : []),
    ...(state === undefined || state.status === 'up'
      ? []
      : [`uplink "${uplink.name}" is ${state.status}: ${state.reason}`]),
  ];
};
