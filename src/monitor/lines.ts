/** The lines of all uplinks: which probes run, and what their results say. */
import { GATEWAY_TARGET } from '../config/constants.ts';
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
import type { Earlier } from '../system/verdicts.ts';

/** What is asked where nothing is configured. */
const GATEWAY: Target = { text: GATEWAY_TARGET, kind: 'ping', host: GATEWAY_TARGET };

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
  /** What an earlier monitor found. */
  readonly before: Earlier;
}

interface Entry {
  /** What is asked, and where: another text means other probes. */
  readonly asked: string;
  /** The gateway that is asked, where it is one. */
  readonly asks: Pick<Verdict, 'gateway'>;
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
  /** What is known of each uplink's last link: of a later one it tells how often the line has died. */
  const earlier = new Map<number, Verdict>(
    before.isBelieved ? before.verdicts : asPast(before.verdicts, now()),
  );
  const proved = new Set<string>([...before.verdicts.values()].flatMap(provenBy));
  let ticked = now();
  let tickedAt = performance.now();

  const wake = (): void => {
    const time = now();
    if (time - ticked > STALL) for (const entry of entries.values()) entry.line = forgive(entry.line, time);
    ticked = time;
    tickedAt = performance.now();
  };

  const settle = (entry: Entry, line: Line): void => {
    entry.line = line;
    const verdict = { ...verdictOf(line, entry.place), ...entry.asks };
    earlier.set(entry.place.id, verdict);
    if (verdict.health === entry.told) return;
    entry.told = verdict.health;
    onChange(verdict);
  };

  const start = (state: UplinkState, holdLimit: number): Entry | undefined => {
    const { uplink, link } = state;
    if (link === undefined) return undefined;
    const { health } = uplink;
    const place = { id: uplink.id, device: uplink.device, index: link.index };
    const gateway = gatewayOf(state);
    const asks = gateway === undefined ? {} : { gateway };
    const known = earlier.get(uplink.id);
    const isSame =
      known?.device === place.device &&
      known.index === place.index &&
      (health.targets.length > 0 || known.gateway === gateway);
    const history = known === undefined || isSame ? known : { ...past(known, now()), ...place };
    const gatewayKey = keyOf(uplink.id, gateway);
    const targets = health.targets.length === 0 ? [GATEWAY] : health.targets;
    const entry: Entry = {
      asked: askedOf(state, holdLimit),
      place,
      asks,
      line: startLine(health, holdLimit, now(), history, proved.has(gatewayKey)),
      told: known?.health ?? 'unknown',
      probers: targets.map((target) =>
        startProber({
          device: place.device,
          target,
          ...asks,
          interval: health.interval,
          timeout: health.timeout,
          onResult: (result: ProbeResult) => {
            // Without reading /proc/uptime for each result; what this clock sleeps through, the next tick notices.
            if (performance.now() - tickedAt > 1000 * STALL) wake();
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
        if (state !== undefined && isProbed(state) && askedOf(state, monitor.holdLimit) === entry.asked)
          continue;
        end(entry);
        entries.delete(id);
      }
      for (const id of earlier.keys()) if (!uplinks.some((uplink) => uplink.id === id)) earlier.delete(id);
      for (const state of states) {
        if (!isProbed(state) || entries.has(state.uplink.id)) continue;
        const entry = start(state, monitor.holdLimit);
        if (entry === undefined) continue;
        entries.set(state.uplink.id, entry);
        // What was told of another gateway holds no more.
        settle(entry, entry.line);
      }
    },
    verdicts: () => new Map(earlier),
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

/** All that a line's probes, and how they are judged, depend on. */
const askedOf = (state: UplinkState, holdLimit: number): string =>
  JSON.stringify([
    state.uplink.device,
    state.link?.index,
    gatewayOf(state),
    state.addresses.map(({ address }) => address),
    state.uplink.health,
    holdLimit,
  ]);

/** What the target `gateway` stands for. */
const gatewayOf = ({ link, nexthop }: UplinkState): string | undefined =>
  nexthop?.gateway ?? link?.addresses[0]?.peer;

const keyOf = (id: number, gateway: string | undefined): string => `${id} ${gateway ?? ''}`;

/** The gateway that has answered some day, by what was found of it. */
const provenBy = ({ id, gateway, targets }: Verdict): string[] =>
  targets.some(({ target, health }) => target === GATEWAY.text && health !== 'unknown')
    ? [keyOf(id, gateway)]
    : [];

/** What still holds of a verdict that is about another link, or too old: how often the line has died. */
const past = (verdict: Verdict, now: number): Verdict => ({
  ...verdict,
  health: 'unknown',
  reason: '',
  since: now,
});

const asPast = (verdicts: ReadonlyMap<number, Verdict>, now: number): [number, Verdict][] =>
  [...verdicts].map(([id, verdict]) => [id, past(verdict, now)]);
