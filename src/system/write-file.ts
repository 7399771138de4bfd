import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Replaces a file as a whole, mode 0600: a reader finds the old text or the new one, never a part, also when this
 * process is killed or the disk is full. `temp` must lie in the same directory and be nobody else's.
 * Throws what node:fs throws (ENOSPC, EROFS, ENOENT, …), and leaves no `temp` behind then.
 * `durable`: also when the power fails. Not so below /run: it is a tmpfs, and a reboot is meant to empty it.
 * `mode`: another than 0600, whatever the umask.
 */
export const replaceFile = (
  path: string,
  temp: string,
  text: string,
  { durable = false, mode }: { readonly durable?: boolean; readonly mode?: number } = {},
): void => {
  try {
    // Left by one that was killed; or, in a folder of somebody else's, a pipe that would keep us for ever.
    rmSync(temp, { force: true });
    writeWhole(temp, text, durable, mode);
    renameSync(temp, path);
    if (durable) syncFolder(dirname(path));
  } catch (thrown) {
    rmSync(temp, { force: true });
    throw thrown;
  }
};

const writeWhole = (path: string, text: string, durable: boolean, mode?: number): void => {
  const fd = openSync(path, NEW, 0o600);
  try {
    writeFileSync(fd, text);
    if (mode !== undefined) fchmodSync(fd, mode);
    if (durable) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/** The name of a file is on the disk when its folder is. */
const syncFolder = (path: string): void => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/** Never something that is there already, nor through a symbolic link (open(2), O_EXCL). */
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
