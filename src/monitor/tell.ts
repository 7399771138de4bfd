/** Whom the monitor tells of changes: people, executables, Prometheus. */
import { rmSync } from 'node:fs';
import type { Outcome } from '../converge.ts';
import { messageOf } from '../errors.ts';
import { type MetricsListener, startListener } from '../metrics/listener.ts';
import { type MetricsInput, renderMetrics } from '../metrics/metrics.ts';
import { writeTextfile } from '../metrics/textfile.ts';
import type { Config, UplinkState, UplinkStatus } from '../model.ts';
import { createNotifier } from '../notify/notify.ts';
import { carries, shareOf } from '../report/shares.ts';
import { changesOfState, describeChangeOfState, statusesOf } from './changes.ts';
import type { Journal } from './journal.ts';
import type { RunCounts } from './runs.ts';

export interface Teller {
  /** What a run found. */
  readonly tell: (config: Config, outcome: Outcome) => void;
  /** Numbers for Prometheus; to be called now and then. */
  readonly refresh: (config: Config, counts: RunCounts, left: number) => void;
  /** Ends the listener at once; an executable that runs has two seconds to end by itself. */
  readonly stop: () => Promise<void>;
}

export const createTeller = (
  journal: Journal,
  version: string,
  before: ReadonlyMap<number, UplinkStatus> | undefined,
): Teller => {
  const startedAt = Date.now() / 1000;
  let timeout = 10;
  let statuses = before;
  let states: readonly UplinkState[] = [];
  let text = '';
  let file: string | undefined;
  let listener: { readonly address: string; readonly end: MetricsListener } | undefined;
  const changes = new Map<number, number>();
  const notifier = createNotifier({ timeoutSeconds: () => timeout, onProblem: journal.problem });

  const listen = (address: string | undefined): void => {
    if (listener?.address === address) return;
    listener?.end.stop();
    listener =
      address === undefined
        ? undefined
        : { address, end: startListener({ address, render: () => text, onProblem: journal.problem }) };
  };

  return {
    tell: (config, outcome) => {
      timeout = config.monitor.notifyTimeout;
      states = outcome.states;
      for (const change of changesOfState(
        statuses,
        states,
        config.settings.balance,
        new Date().toISOString(),
      )) {
        changes.set(change.uplink.id, (changes.get(change.uplink.id) ?? 0) + 1);
        const { uplink, state, previous, reason } = change;
        journal.say(describeChangeOfState(change), { uplink: uplink.name, state, previous, reason });
        notifier.tell(change);
      }
      statuses = statusesOf(states);
    },
    refresh: ({ monitor, settings }, runs, left) => {
      listen(monitor.metricsListen);
      if (monitor.metricsFile === undefined && monitor.metricsListen === undefined) return;
      const input: MetricsInput = {
        version,
        uplinks: uplinksOf(states, settings.balance, changes),
        runs,
        left,
        startedAt,
      };
      text = renderMetrics(input);
      if (monitor.metricsFile === undefined) return;
      try {
        file = monitor.metricsFile;
        writeTextfile(file, text);
      } catch (thrown) {
        journal.problem(messageOf(thrown));
      }
    },
    stop: async () => {
      listener?.end.stop();
      // Numbers that nobody makes younger would say for ever that all is well.
      if (file !== undefined) rmSync(file, { force: true });
      await notifier.stop();
    },
  };
};

const uplinksOf = (
  states: readonly UplinkState[],
  balance: Config['settings']['balance'],
  changes: ReadonlyMap<number, number>,
): MetricsInput['uplinks'] =>
  states.map((state) => {
    const { uplink, status, verdict } = state;
    const { id, name, device, weight, tier } = uplink;
    return {
      name,
      device,
      state: status,
      share: shareOf(state, states, balance),
      weight,
      tier,
      working: carries(state),
      ...(verdict === undefined ? {} : { verdict }),
      changes: changes.get(id) ?? 0,
    };
  });
