/** The oldest Node.js that this program is tested with: `engines` of package.json, major and minor. */
const OLDEST = [20, 12] as const;

/** What to do about a Node.js that cannot run the hooks. Its archives keep their builder's user id when root unpacks. */
export const NODE_REMEDY =
  `install Node.js ${OLDEST.join('.')} or later in a place that only root can write ` +
  "(such as nodejs.org's archive, unpacked below /usr/local with tar --no-same-owner), then run this with it";

/**
 * The problem with a Node.js of this version (`process.versions.node`), with its remedy; undefined when none. Debian
 * 12's own package is 18, which starts most of the program and then fails in the middle.
 */
export const versionProblem = (version: string = process.versions.node): string | undefined => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `Node.js ${version} is too old for the hooks; ${NODE_REMEDY}`;
};
