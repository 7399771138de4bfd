/** The few words of a pppd options file that decide about an uplink's device and default route. Pure. */

/** A file of /etc/ppp/peers. */
export interface PeersFile {
  /** Whole path, as messages show it. */
  readonly file: string;
  readonly text: string;
}

/** What a peers file makes pppd do. */
export interface PeersOptions {
  readonly file: string;
  /** The device, if `unit` or `ifname` fixes it; else the kernel gives the lowest free pppN at each dial. */
  readonly device?: string;
  /** The word that makes pppd write a default route, if one does. */
  readonly defaultRoute?: 'defaultroute' | 'replacedefaultroute';
}

/**
 * The options of a peers file; `common` is the text of /etc/ppp/options, which pppd reads first
 * (pppd(8)).
 */
export const peersOptions = ({ file, text }: PeersFile, common = ''): PeersOptions => {
  const words = [...wordsOf(common), ...wordsOf(text)];
  const after = (option: string) => words[words.lastIndexOf(option) + 1];
  const unit = words.includes('unit') ? after('unit') : undefined;
  const device = words.includes('ifname') ? after('ifname') : unit === undefined ? undefined : `ppp${unit}`;
  const defaultRoute = defaultRouteOf(words);
  return {
    file,
    ...(device === undefined ? {} : { device }),
    ...(defaultRoute === undefined ? {} : { defaultRoute }),
  };
};

/** The last word about the default route counts. `replacedefaultroute` alone does nothing. */
const defaultRouteOf = (words: readonly string[]): PeersOptions['defaultRoute'] => {
  const lastOf = (...options: readonly string[]) =>
    Math.max(...options.map((word) => words.lastIndexOf(word)));
  if (lastOf('defaultroute') <= lastOf('nodefaultroute', '-defaultroute')) return undefined;
  return lastOf('replacedefaultroute') > lastOf('noreplacedefaultroute')
    ? 'replacedefaultroute'
    : 'defaultroute';
};

/** Words as pppd(8), OPTIONS FILES: white space parts them, quotes and backslashes join, `#` ends a line. */
const wordsOf = (text: string): string[] =>
  [...text.matchAll(/#[^\n]*|((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^\s"'\\])+)/gs)].flatMap(
    ([, word]) => (word === undefined ? [] : [word.replace(/\\(.)|["']/gs, '$1')]),
  );
