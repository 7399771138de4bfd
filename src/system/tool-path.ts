import { existsSync } from 'node:fs';

/** Where tools are looked for, in this order. Nothing of the caller's PATH counts: a hook runs with somebody else's. */
export const TOOL_DIRS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'] as const;

const known = new Map<string, string>();

/** Absolute path of a tool, looked up once per process; undefined if no directory of TOOL_DIRS has it. */
export const toolPath = (tool: string): string | undefined => {
  const before = known.get(tool);
  if (before !== undefined) return before;
  const path = TOOL_DIRS.map((directory) => `${directory}/${tool}`).find((candidate) =>
    existsSync(candidate),
  );
  if (path !== undefined) known.set(tool, path);
  return path;
};
