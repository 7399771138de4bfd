import { dirname } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import { codeOf } from '../system/run-dir.ts';
import { replaceFile } from '../system/write-file.ts';

/**
 * Replaces the file for the node exporter's textfile collector as a whole, readable for everybody. The collector reads
 * names that end in `.prom` alone, so it never sees the file that is being written. A UserError when it cannot be
 * written; the old file is still there then.
 */
export const writeTextfile = (path: string, text: string): void => {
  try {
    replaceFile(path, `${path}.tmp`, text, { mode: 0o644 });
  } catch (thrown) {
    throw new UserError(`${path}: metrics cannot be written: ${messageOf(thrown)}`, remedyOf(path, thrown));
  }
};

const remedyOf = (path: string, thrown: unknown): string => {
  const directory = dirname(path);
  switch (codeOf(thrown)) {
    case 'ENOENT':
      return `make its directory: mkdir -p ${directory}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return 'free some space there';
    case 'EROFS':
      return `mount its file system writable; a service may write where its unit says ReadWritePaths=${directory}`;
    case 'EACCES':
    case 'EPERM':
      return 'run this as root';
    default:
      return 'name another file in metrics-file of [monitor]';
  }
};
