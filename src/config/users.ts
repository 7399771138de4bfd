/** The users of this machine. */
import { readFileSync } from 'node:fs';

/**
 * Ids of users by name, from a file such as /etc/passwd (passwd(5)), which is read when the first one is asked for;
 * none if it cannot be read. Users of a directory service are not in it: those have to be given by their id.
 */
export const userIds = (file = '/etc/passwd'): ((name: string) => number | undefined) => {
  let ids: ReadonlyMap<string, number> | undefined;
  return (name) => {
    ids ??= readIds(file);
    return ids.get(name);
  };
};

/**
 * The same for hooks: a user who has been removed since the configuration was applied is nobody, because a line that
 * fails must not wait until somebody mends a policy.
 */
export const userIdsOrNobody = (file?: string): ((name: string) => number) => {
  const known = userIds(file);
  return (name) => known(name) ?? NOBODY;
};

/** The highest id that is one: the next means none (chown(2)). No process has it. */
const NOBODY = 0xfffffffe;

const readIds = (file: string): ReadonlyMap<string, number> => {
  try {
    const users = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
    return new Map(users.flatMap(([name = '', , uid = '']) => (uid === '' ? [] : [[name, Number(uid)]])));
  } catch {
    return new Map();
  }
};
