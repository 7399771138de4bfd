import type { Change } from '../model.ts';

const VERBS = { add: 'added', replace: 'replaced', delete: 'deleted', write: 'written' } as const;

/** What changed, in a few words: `3 routes added, 1 route replaced, 2 rules deleted`; `nothing` for none. */
export const summarize = (changes: readonly Change[]): string => {
  const counts = new Map<string, number>();
  for (const { kind, op } of changes) counts.set(`${kind} ${op}`, (counts.get(`${kind} ${op}`) ?? 0) + 1);
  const parts = [...counts].map(([key, count]) => {
    const [kind, op] = key.split(' ') as [Change['kind'], Change['op']];
    return `${count} ${kind}${count === 1 ? '' : 's'} ${VERBS[op]}`;
  });
  return parts.length === 0 ? 'nothing' : parts.join(', ');
};
