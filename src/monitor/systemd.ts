/**
 * Tells systemd how the monitor is, sd_notify(3). Through systemd's own tool, because Node has no datagram sockets of
 * AF_UNIX; the unit says NotifyAccess=all therefore.
 */
import type { ToolResult } from '../model.ts';
import { makeRunnerSpawn } from '../system/exec-spawn.ts';
import { NOT_FOUND } from '../system/runner.ts';
import { stripControl } from '../system/strip-control.ts';
import { describeFailure } from '../system/tool-failure.ts';
import { toolPath } from '../system/tool-path.ts';

/** What the monitor says of itself. Nothing waits, nothing throws; without systemd nothing happens. */
export interface Supervisor {
  /** It works now: after its start, and at the end of each reload. `status`: as below. */
  readonly ready: (status: string) => void;
  /** One line for `systemctl status`. */
  readonly status: (text: string) => void;
  /** It reads its configuration again. */
  readonly reloading: () => void;
  /** It is about to end. */
  readonly stopping: () => void;
  /** To be called by what must not stand still, as often as it runs: systemd hears of it three times per deadline. */
  readonly alive: () => void;
}

/** Sends assignments (`READY=1`) in one message. */
type Send = (assignments: readonly string[]) => Promise<ToolResult>;

/** What systemd gives to a service: systemd.exec(5), sd_watchdog_enabled(3). */
interface Environment {
  readonly NOTIFY_SOCKET?: string | undefined;
  /** Microseconds. */
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/**
 * Makes the way to systemd. One message is on its way at a time; what comes meanwhile waits, the latest of each kind,
 * and what could not be sent goes with the next one. `onProblem` gets the first failure alone, in one line.
 */
export const createSupervisor = (
  onProblem: (line: string) => void,
  environment: Environment = process.env,
  send: Send = sendTo(environment.NOTIFY_SOCKET ?? ''),
): Supervisor => {
  const { NOTIFY_SOCKET: socket } = environment;
  const period = watchdogPeriod(environment);
  let waiting = new Map<Kind, string>();
  let isSending = false;
  let isSaid = false;
  let lastAlive = Number.NEGATIVE_INFINITY;

  const flush = async (): Promise<void> => {
    if (isSending || waiting.size === 0) return;
    const sent = waiting;
    waiting = new Map();
    isSending = true;
    const assignments = [...sent.values()];
    const result = await send(assignments);
    isSending = false;
    if (result.status === 0 && result.errorCode === undefined) return flush();
    // Not at once: what failed now would fail again.
    waiting = new Map([...sent, ...waiting]);
    if (isSaid) return;
    isSaid = true;
    onProblem(describeFailure(TOOL, assignments, result));
  };
  const say = (kind: Kind, assignment: string): void => {
    if (socket === undefined || socket === '') return;
    waiting.set(kind, assignment);
  };
  const sayStatus = (text: string): void => say('status', `STATUS=${stripControl(text, STATUS_LIMIT)}`);

  return {
    ready: (status) => {
      say('state', 'READY=1');
      sayStatus(status);
      void flush();
    },
    status: (text) => {
      sayStatus(text);
      void flush();
    },
    reloading: () => {
      say('state', 'RELOADING=1');
      void flush();
    },
    stopping: () => {
      say('state', 'STOPPING=1');
      void flush();
    },
    alive: () => {
      const now = performance.now();
      if (period === undefined || now - lastAlive < period) return;
      lastAlive = now;
      say('watchdog', 'WATCHDOG=1');
      void flush();
    },
  };
};

/** Of each only the latest counts. */
type Kind = 'state' | 'status' | 'watchdog';

const TOOL = 'systemd-notify';

/** Milliseconds: the tool itself waits up to five seconds until systemd has read what it sent. */
const TIMEOUT = 8000;

/** Most characters of a status. */
const STATUS_LIMIT = 200;

const sendTo = (socket: string): Send => {
  const run = makeRunnerSpawn({ timeout: TIMEOUT });
  return async (assignments) =>
    // Tools get a fixed environment, and this one needs a word more.
    toolPath(TOOL) === undefined ? NOT_FOUND : run('env', [`NOTIFY_SOCKET=${socket}`, TOOL, ...assignments]);
};

/** Milliseconds between two signs of life; undefined where systemd waits for none of ours. */
const watchdogPeriod = ({ WATCHDOG_USEC, WATCHDOG_PID }: Environment): number | undefined => {
  const deadline = Number(WATCHDOG_USEC ?? 0) / 1000;
  const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  return isOurs && deadline > 0 ? deadline / 3 : undefined;
};
