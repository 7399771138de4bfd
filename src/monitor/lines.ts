/** The lines of all uplinks: which probes run, and what their results say. */
import {
  addResult,
  forgive,
  isProved,
  type Line,
  passTime,
  setUnknown,
  startLine,
  verdictOf,
} from '../health/line.ts';
import type { ProbeResult } from '../health/result.ts';
import type { Config, LineHealth, Target, UplinkState, Verdict } from '../model.ts';
import { startProber } from '../probes/prober.ts';

/** What is asked where nothing is configured. */
const GATEWAY: Target = { text: 'gateway', kind: 'ping', host: 'gateway' };

export interface Lines {
  /** Starts and ends probes, so that each line which could carry something is asked. */
  readonly follow: (config: Config, states: readonly UplinkState[]) => void;
  /** What is known of each line; of one that is not asked at present, what was known of that link last. */
  readonly verdicts: () => ReadonlyMap<number, Verdict>;
  /** Time has passed; to be called about once a second. */
  readonly tick: () => void;
  readonly stop: () => void;
}

export interface LinesOptions {
  /** Seconds of uptime. */
  readonly now: () => number;
  /** A line's health is another. */
  readonly onChange: (verdict: Verdict) => void;
  readonly onProblem: (text: string) => void;
  /** What an earlier monitor found and is still believed. */
  readonly before: ReadonlyMap<number, Verdict>;
}

interface Entry {
  /** What is asked, and where: another text means other probes. */
  readonly asked: string;
  readonly place: { readonly id: number; readonly device: string; readonly index: number };
  readonly probers: readonly { readonly stop: () => void }[];
  line: Line;
  /** As it was told last. */
  told: LineHealth;
}

/** Seconds without a tick after which we have slept, or were kept from running: probes that are late say nothing. */
const STALL = 2.5;

/** Keeps the lines. Nothing it does waits for anything. */
export const createLines = ({ now, onChange, onProblem, before }: LinesOptions): Lines => {
  const entries = new Map<number, Entry>();
  /** What outlives a link: a line that is dialled anew has flapped as often, and its gateway is known to answer. */
  const earlier = new Map<number, Verdict>(before);
  const proved = new Set<string>();
  let ticked = now();

  const wake = (): void => {
    const time = now();
    if (time - ticked > STALL) for (const entry of entries.values()) entry.line = forgive(entry.line, time);
    ticked = time;
  };

  const settle = (entry: Entry, line: Line): void => {
    entry.line = line;
    const verdict = verdictOf(line, entry.place);
    earlier.set(entry.place.id, verdict);
    if (verdict.health === entry.told) return;
    entry.told = verdict.health;
    onChange(verdict);
  };

  const start = (state: UplinkState, holdLimit: number): Entry | undefined => {
    const { uplink, link, nexthop } = state;
    if (link === undefined) return undefined;
    const { health } = uplink;
    const place = { id: uplink.id, device: uplink.device, index: link.index };
    const gateway = nexthop?.gateway ?? link.addresses[0]?.peer;
    const known = earlier.get(uplink.id);
    const same = known?.device === place.device && known.index === place.index;
    const gatewayKey = `${uplink.id} ${gateway ?? ''}`;
    // Of another link only the flaps still hold.
    const history: Verdict | undefined =
      known === undefined || same
        ? known
        : { ...known, ...place, health: 'unknown', reason: '', since: now() };
    const targets = health.targets.length === 0 ? [GATEWAY] : health.targets;
    const entry: Entry = {
      asked: askedOf(state),
      place,
      line: startLine(health, holdLimit, now(), history, proved.has(gatewayKey)),
      told: history?.health ?? 'unknown',
      probers: targets.map((target) =>
        startProber({
          device: place.device,
          target,
          ...(gateway === undefined ? {} : { gateway }),
          interval: health.interval,
          timeout: health.timeout,
          onResult: (result: ProbeResult) => {
            if (now() - ticked > STALL) wake();
            settle(entry, addResult(entry.line, result));
            if (isProved(entry.line)) proved.add(gatewayKey);
          },
          onUnknown: (reason) => {
            onProblem(`uplink "${uplink.name}": target "${target.text}": ${reason}`);
            settle(entry, setUnknown(entry.line, target.text, reason));
          },
        }),
      ),
    };
    return entry;
  };

  const end = (entry: Entry): void => {
    for (const prober of entry.probers) prober.stop();
  };

  return {
    follow: ({ uplinks, monitor }, states) => {
      for (const [id, entry] of entries) {
        const state = states.find(({ uplink }) => uplink.id === id);
        if (state !== undefined && isProbed(state) && askedOf(state) === entry.asked) continue;
        end(entry);
        entries.delete(id);
      }
      for (const id of earlier.keys()) if (!uplinks.some((uplink) => uplink.id === id)) earlier.delete(id);
      for (const state of states) {
        if (!isProbed(state) || entries.has(state.uplink.id)) continue;
        const entry = start(state, monitor.holdLimit);
        if (entry !== undefined) entries.set(state.uplink.id, entry);
      }
    },
    verdicts: () =>
      new Map([
        ...earlier,
        ...[...entries].map(([id, { line, place }]) => [id, verdictOf(line, place)] as const),
      ]),
    tick: () => {
      wake();
      for (const entry of entries.values()) settle(entry, passTime(entry.line, now()));
    },
    stop: () => {
      for (const entry of entries.values()) end(entry);
      entries.clear();
    },
  };
};

/** Whether there is a line to ask, whatever is thought of it at present. */
const isProbed = ({ uplink, link }: UplinkState): boolean =>
  uplink.health.check && link?.up === true && link.addresses.length > 0;

/** All that a line's probes depend on. */
const askedOf = ({ uplink, link, nexthop }: UplinkState): string =>
  JSON.stringify([
    uplink.device,
    link?.index,
    nexthop?.gateway ?? link?.addresses[0]?.peer,
    link?.addresses.map(({ address }) => address),
    uplink.health,
  ]);
