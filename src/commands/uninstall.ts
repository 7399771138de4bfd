import { isUserError, messageOf, UserError } from '../errors.ts';
import { uninstall } from '../install/uninstall.ts';
import { rootFolder } from './install.ts';
import type { Report } from './session.ts';

export interface UninstallArguments {
  readonly root?: string;
  /** `mlb-hooks flush`: takes away what is ours in the kernel. Not called with a root. */
  readonly flush: () => Promise<Report>;
}

/**
 * `mlb-hooks uninstall`: what was done, flush's own report included. When something of ours is still in the kernel
 * the program stays, the only thing that knows how to take it away.
 */
export const uninstallCommand = async ({ root, flush }: UninstallArguments): Promise<Report> => {
  const below = rootFolder(root);
  const lines: string[] = [];
  const errors: string[] = [];
  const flushOrStop = async (): Promise<void> => {
    const report = await flush().catch(refusalReport);
    lines.push(...report.lines);
    errors.push(...report.errors);
    if (report.exitCode !== 0)
      throw new UserError('not everything was flushed, so the program stays', 'run uninstall again');
  };
  let removed = 0;
  const log = (line: string): void => {
    removed += 1;
    lines.push(line);
  };
  try {
    // Below a root there is no kernel of ours.
    await uninstall({ root: below, ...(below === '' && { flush: flushOrStop }), log });
  } catch (thrown) {
    if (!isUserError(thrown)) throw thrown;
    return { lines, errors: [...errors, messageOf(thrown)], exitCode: 1 };
  }
  const nothing = removed === 0 ? ['nothing of mlb-hooks was installed'] : [];
  return { lines: [...lines, ...nothing], errors, exitCode: 0 };
};

/** A flush that was refused altogether has flushed nothing, either. */
const refusalReport = (thrown: unknown): Report => {
  if (!isUserError(thrown)) throw thrown;
  return { lines: [], errors: [messageOf(thrown)], exitCode: 1 };
};
