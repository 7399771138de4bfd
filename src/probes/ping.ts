import { PROBE_MARK } from '../config/constants.ts';
import { keepRunning } from '../system/keep-running.ts';
import { readIndex } from '../system/sysctl.ts';
import { uptime } from './clock.ts';
import { makeLineCutter } from './lines.ts';
import { readPing } from './ping-text.ts';
import type { Probing, Running } from './probing.ts';
import { followSequences } from './sequences.ts';

/** How many intervals a ping may be silent, beyond the timeout: it prints a line in each. */
const SILENT_INTERVALS = 3;

/** There are other pings, without -O or -m, which print how they are used. */
const OTHER_PING = /option|usage|--help/i;
const REMEDY = 'install the Debian package iputils-ping';

/** Probes with one `ping` that runs all the time: a process for each probe would cost a hundred times as much. */
export const startPing = ({ order, address, onResult, onUnknown }: Probing): Running => {
  const { device, interval, timeout } = order;
  const sequences = followSequences(order, onResult);
  const cut = makeLineCutter();
  /** The device that the ping which runs is bound to. */
  let index: number | undefined;

  const kept = keepRunning({
    tool: 'ping',
    args: ['-n', '-O', '-i', String(interval), '-I', device, '-m', String(PROBE_MARK), address],
    patience: 1000 * (SILENT_INTERVALS * interval + timeout),
    onOutput: (chunk) => {
      const events = readPing(cut(chunk.toString('latin1')));
      if (events.length === 0) return false;
      index ??= readIndex(device);
      if (events.some(({ kind }) => kind === 'missing') && readIndex(device) !== index) {
        // A socket stays bound to the device that was there: ping does not notice that another has its name now.
        kept.restart(`${device} is not the device that it was`);
        return false;
      }
      const now = uptime();
      for (const event of events) sequences.take(event, now);
      return true;
    },
    onEnd: () => {
      sequences.forget();
      index = undefined;
      return false;
    },
    onTrouble: (said) => onUnknown(OTHER_PING.test(said) ? `${said}; ${REMEDY}` : said),
  });
  return {
    stop: () => {
      sequences.forget();
      kept.stop();
    },
  };
};
