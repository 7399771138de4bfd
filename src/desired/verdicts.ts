/** What the monitor's verdicts change in what the uplinks are. */
import type { Observed, Settings, UplinkState, Verdict } from '../model.ts';

/**
 * The uplinks with what the monitor found of their lines. A verdict counts for the very link that it speaks of, and for
 * a line that would carry traffic without it: words, vetoes and missing devices come first.
 */
export const applyVerdicts = (
  states: readonly UplinkState[],
  verdicts: Observed['verdicts'],
  settings: Pick<Settings, 'allDead' | 'degraded'>,
): UplinkState[] => {
  const known = states.map((state) => withVerdict(state, verdicts.get(state.uplink.id)));
  const isKept = settings.allDead === 'keep' ? keptOf(known) : () => false;
  return known.map((state) => {
    switch (state.verdict?.health) {
      case 'dead':
        return withDeath(state, state.verdict, isKept(state));
      case 'degraded':
        return withLoss(state, state.verdict, settings.degraded === 'deprefer');
      default:
        return state;
    }
  });
};

const withVerdict = (state: UplinkState, verdict: Verdict | undefined): UplinkState => {
  const { link, uplink } = state;
  const isOfLink = verdict !== undefined && verdict.device === link?.device && verdict.index === link.index;
  // Of one that is not probed any more, the monitor may have a word left.
  return isOfLink && uplink.health.check ? { ...state, verdict } : state;
};

/** Seconds between the deaths of lines that count as one: no line was good any more when the first of them died. */
const TOGETHER = 10;

/**
 * Which dead lines stay in use. While no line that could work answers, that is likelier the targets' fault than that of
 * every provider: those that died last, together, are the last good set. One without carrier is not of them: whatever
 * its targets do, it cannot carry anything.
 */
const keptOf = (states: readonly UplinkState[]): ((state: UplinkState) => boolean) => {
  const verdicts = states.filter(({ status }) => status === 'up').map(({ verdict }) => verdict);
  if (verdicts.some((verdict) => verdict?.health !== 'dead')) return () => false;
  const latest = Math.max(...verdicts.map((verdict) => verdict?.since ?? 0));
  return ({ status, verdict }) =>
    status !== 'no-carrier' && verdict !== undefined && verdict.since >= latest - TOGETHER;
};

/** Without carrier, the kernel would take the line back by itself: a dead one must not be. */
const withDeath = (state: UplinkState, { reason }: Verdict, isKept: boolean): UplinkState => {
  switch (state.status) {
    case 'up':
      return isKept
        ? { ...state, status: 'dead', reason: `${reason}; ${KEPT}` }
        : { ...state, status: 'dead', use: 'dead', reason };
    case 'no-carrier':
      return { ...state, use: 'dead' };
    case 'draining':
      return isKept
        ? state
        : { ...state, use: 'dead', reason: `${state.reason}; its line is dead: ${reason}` };
    default:
      return state;
  }
};

const KEPT = 'stays in use because no uplink answers (all-dead = "keep")';

const withLoss = (state: UplinkState, { reason }: Verdict, isDeferred: boolean): UplinkState =>
  state.status === 'up'
    ? { ...state, status: 'degraded', reason, ...(isDeferred ? { deferred: true } : {}) }
    : state;
