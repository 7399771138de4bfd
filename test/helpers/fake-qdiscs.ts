import type { Qdisc } from '../../src/model.ts';
import type { FakeState } from './fake-state.ts';

/** tc-qdisc(8): `replace` with the handle that is there changes it and cannot change its kind (sch_api.c). */
export const replaceQdisc = (state: FakeState, qdisc: Qdisc): string | undefined => {
  const { device, parent, handle, kind } = qdisc;
  if (!state.links.has(device)) return 'Cannot find device';
  if (state.lacking.has(kind)) return 'Specified qdisc kind is unknown.';
  const of = state.qdiscs.filter((other) => other.device === device);
  const major = `${parent.split(':')[0]}:`;
  if (parent !== 'root' && !of.some((other) => other.handle === major)) return 'Failed to find qdisc.';
  const there = of.find((other) => other.parent === parent);
  if (there?.handle === handle && there.kind !== kind) return 'Invalid qdisc name';
  if (there !== undefined && there.handle !== handle) removeTree(state, there);
  state.qdiscs = [...state.qdiscs.filter((other) => other !== there || there.handle !== handle), qdisc];
  return undefined;
};

/** `tc qdisc delete` with the handle: refused when another one sits there. */
export const deleteQdisc = (state: FakeState, { device, parent, handle }: Qdisc): string | undefined => {
  if (!state.links.has(device)) return 'Cannot find device';
  const there = state.qdiscs.find((other) => other.device === device && other.parent === parent);
  if (there?.handle !== handle) return 'No such file or directory';
  removeTree(state, there);
  return undefined;
};

/** A qdisc goes with everything below it. */
const removeTree = (state: FakeState, top: Qdisc): void => {
  const below = state.qdiscs.filter(
    ({ device, parent }) => device === top.device && `${parent.split(':')[0]}:` === top.handle,
  );
  state.qdiscs = state.qdiscs.filter((qdisc) => qdisc !== top);
  for (const qdisc of below) removeTree(state, qdisc);
};
