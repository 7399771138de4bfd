import { type End, type Started, type StartOptions, startTool } from './start-tool.ts';

/** A tool that is to run for as long as we do. */
export interface Standing extends StartOptions {
  readonly tool: string;
  readonly args: readonly string[];
  /** Milliseconds without being of use after which it counts as hung; absent where that is nothing unusual. */
  readonly patience?: number;
  /** Bytes without any use after which it is ended: reading them costs as much as printing them. Default 256 KiB. */
  readonly mostNoise?: number;
  /** It should listen now, at each start: what happened before may have been missed. Not for one with `patience`. */
  readonly onListening?: () => void;
  /** Each chunk that it prints; the answer says whether it was of use, so that the tool is known to work. */
  readonly onOutput: (chunk: Buffer) => boolean;
  readonly onError?: (chunk: string) => void;
  /**
   * The one that ran has ended or was ended, after so many milliseconds: nothing that was asked of it will be answered.
   * The answer says whether it was of use, or its end is, so that it is no trouble with the tool.
   */
  readonly onEnd: (end: End, ran: number) => boolean;
  /** It cannot be started, or ends again and again without having been of use: why, and the remedy if one is known. */
  readonly onTrouble?: (reason: string) => void;
}

/** The handle of a tool that is kept running. */
export interface Kept {
  /** Writes to its stdin; false while it does not run. */
  readonly write: (bytes: Uint8Array) => boolean;
  /** Ends it, to be started again after the usual pause; `reason` is what `onEnd` gets. */
  readonly restart: (reason: string) => void;
  /** Ends it for good; nothing is called back afterwards. */
  readonly stop: () => void;
}

/** Milliseconds between the end of a child and the start of the next: the first pause, doubled up to the last. */
const FIRST_PAUSE = 200;
const LAST_PAUSE = 5000;

/** Milliseconds from its start until a tool listens: it needs a few, more on a busy machine. */
const LISTENING = 100;

/** From so many useless ends in a row on it is trouble; the first may be an accident. */
const TROUBLE = 2;

/** Keeps a tool running: whatever ends it, the next one starts after a pause that grows while it is of no use. */
export const keepRunning = (standing: Standing): Kept => {
  const { tool, args, patience, mostNoise = 1 << 18, onListening } = standing;
  let child: Started | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** How often the one that runs has been of use, and bytes since. */
  let uses = 0;
  let noise = 0;
  let began = 0;
  let useless = 0;
  let stopped = false;

  const start = (): void => {
    noise = 0;
    began = performance.now();
    child = startTool(tool, args, { onOutput, onError, onEnd }, standing);
    timer = onListening && setTimeout(onListening, LISTENING);
    if (patience !== undefined) timer = setTimeout(suspect, patience);
  };
  const onOutput = (chunk: Buffer): void => {
    if (standing.onOutput(chunk)) {
      uses += 1;
      noise = 0;
      useless = 0;
      timer?.refresh();
    } else bear(chunk.length);
  };
  const onError = (text: string): void => {
    standing.onError?.(text);
    bear(text.length);
  };
  const bear = (bytes: number): void => {
    noise += bytes;
    if (noise > mostNoise) restart(`${tool} printed much that means nothing and was killed`);
  };
  // What it printed while we did not run is read before its silence is judged: timers come before reading.
  const suspect = (): void => {
    const before = uses;
    setImmediate(() => {
      if (uses === before) restart(`${tool} printed nothing that means anything, and was killed`);
    });
  };
  const onEnd = (end: End): void => {
    clearTimeout(timer);
    child = undefined;
    useless = standing.onEnd(end, performance.now() - began) ? 0 : useless + 1;
    if (stopped) return;
    timer = setTimeout(start, Math.min(FIRST_PAUSE * 2 ** Math.max(useless - 1, 0), LAST_PAUSE));
    if (end.missing || useless >= TROUBLE) standing.onTrouble?.(end.said);
  };
  const restart = (reason: string): void => {
    if (child === undefined) return;
    child.kill();
    onEnd({ said: reason, how: reason, missing: false, killed: true });
  };

  start();
  return {
    write: (bytes) => {
      child?.write(bytes);
      return child !== undefined;
    },
    restart,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      child?.kill();
      child = undefined;
    },
  };
};
