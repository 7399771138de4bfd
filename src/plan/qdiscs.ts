import { HANDLE } from '../config/constants.ts';
import { canBecome, qdiscKey, qdiscsEqual, renderQdisc } from '../kernel/qdisc.ts';
import type { Change, Config, Conflict, Plan, Qdisc } from '../model.ts';

/** Handle of a qdisc that the kernel put there by itself, of whatever kind (net.core.default_qdisc, mq). */
const AUTOMATIC = '0:';

/** From the observed qdiscs to the desired trees, device by device. */
export const planQdiscs = (config: Config, desired: readonly Qdisc[], observed: readonly Qdisc[]): Plan => {
  const devices = new Set([
    ...desired.map(({ device }) => device),
    ...observed.filter(isOurRoot).map(({ device }) => device),
  ]);
  const plans = [...devices].map((device) =>
    planDevice(
      desired.filter((qdisc) => qdisc.device === device),
      observed.filter((qdisc) => qdisc.device === device),
      mayReplace(config, device),
    ),
  );
  return {
    changes: plans.flatMap(({ changes }) => changes),
    conflicts: plans.flatMap(({ conflicts }) => conflicts),
  };
};

/** Kinds that we put at the root; somebody else may like the number 77 as well. */
const ROOTS: readonly string[] = ['prio', 'tbf', 'fq_codel', 'cake'];

const isOurRoot = ({ parent, handle, kind }: Qdisc): boolean =>
  parent === 'root' && handle === HANDLE.root && ROOTS.includes(kind);

const mayReplace = ({ uplinks, settings }: Config, device: string): boolean =>
  uplinks.find((uplink) => uplink.device === device)?.qdiscReplace ?? settings.qdiscReplace;

/**
 * A tree of another shape is taken down and built anew, because tc cannot change everything in place;
 * one of the same shape gets only the options that differ.
 */
const planDevice = (tree: readonly Qdisc[], observed: readonly Qdisc[], replace: boolean): Plan => {
  const root = observed.find(({ parent }) => parent === 'root');
  const foreign = root !== undefined && !isOurRoot(root) && root.handle !== AUTOMATIC;
  if (foreign && !replace) return { changes: [], conflicts: [conflictOf(root)] };
  const present = new Map(observed.map((qdisc) => [qdiscKey(qdisc), qdisc]));
  const unlike = tree.filter((qdisc) => {
    const there = present.get(qdiscKey(qdisc));
    return there === undefined || !canBecome(qdisc, there);
  });
  const install = (qdiscs: readonly Qdisc[]): Change[] =>
    qdiscs.map((qdisc) => ({ kind: 'qdisc', op: 'replace', qdisc }));
  const remove: Change[] =
    root === undefined || root.handle === AUTOMATIC ? [] : [{ kind: 'qdisc', op: 'delete', qdisc: root }];
  if (tree.length === 0) return { changes: remove, conflicts: [] };
  if (unlike.length > 0 || hasMore(tree, observed, root))
    return { changes: [...remove, ...install(tree)], conflicts: [] };
  const changed = tree.filter((qdisc) => {
    const there = present.get(qdiscKey(qdisc));
    return there === undefined || !qdiscsEqual(qdisc, there);
  });
  return { changes: install(changed), conflicts: [] };
};

/** Whether our tree has a qdisc too many, such as bands of a time when the tree was another. */
const hasMore = (tree: readonly Qdisc[], observed: readonly Qdisc[], root: Qdisc | undefined): boolean => {
  if (root === undefined || !isOurRoot(root)) return false;
  const wanted = new Set(tree.map(qdiscKey));
  return observed.some(
    (qdisc) => qdisc.handle !== AUTOMATIC && isBelow(qdisc) && !wanted.has(qdiscKey(qdisc)),
  );
};

/** Not a root, and not ingress or clsact, which hang beside the tree at ffff:. */
const isBelow = ({ parent }: Qdisc): boolean => parent !== 'root' && !parent.startsWith('ffff:');

const conflictOf = (root: Qdisc): Conflict => ({
  object: `qdisc ${renderQdisc(root)}`,
  consequence: 'somebody else put it there and it is left alone',
  remedy: 'remove it, or take it over with qdisc-replace = true, or set qdisc = "none"',
});
