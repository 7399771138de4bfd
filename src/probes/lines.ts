/** Most characters of a line that has not ended: whoever prints more prints nothing that we know. */
const LONGEST = 1000;

/**
 * Cuts what a child prints into whole lines: the returned function takes a chunk and gives all lines that are complete
 * with it as one text, without the last line break.
 */
export const makeLineCutter = (): ((chunk: string) => string) => {
  let rest = '';
  return (chunk) => {
    const text = rest + chunk;
    const end = text.lastIndexOf('\n');
    rest = text.slice(end + 1).slice(-LONGEST);
    return end < 0 ? '' : text.slice(0, end);
  };
};
