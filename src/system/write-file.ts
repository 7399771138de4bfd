import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file as a whole, mode 0600: a reader finds the old text or the new one, never a part, also when this
 * process is killed or the disk is full. `temp` must lie in the same directory and be nobody else's.
 * Throws what node:fs throws (ENOSPC, EROFS, ENOENT, …), and leaves no `temp` behind then.
 * No fsync: /run is a tmpfs, and a reboot is meant to empty it.
 */
export const replaceFile = (path: string, temp: string, text: string): void => {
  try {
    writeWhole(temp, text);
    renameSync(temp, path);
  } catch (thrown) {
    rmSync(temp, { force: true });
    throw thrown;
  }
};

const writeWhole = (path: string, text: string): void => {
  const fd = openSync(path, NEW_OR_EMPTIED, 0o600);
  try {
    writeFileSync(fd, text);
  } finally {
    closeSync(fd);
  }
};

/** As 'w', but not through a symbolic link. */
const NEW_OR_EMPTIED = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
