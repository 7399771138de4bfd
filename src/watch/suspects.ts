/** Who may be changing routes: as far as the kernel can tell without tracing. */
import { readFileSync } from 'node:fs';
import { stripControl } from '../system/strip-control.ts';

/** NETLINK_ROUTE, netlink(7). */
const ROUTE_FAMILY = 0;

/** Most programs that are named. */
const MOST = 8;

/** Longest name of a process: TASK_COMM_LEN. */
const NAME = 16;

/**
 * Programs that hold a socket for routes, links or qdiscs in this network namespace: `zebra (612)`, by process id. The
 * kernel lists sockets by port, which is the owner's process id for its first one (netlink(7)). We and our children are
 * left out, and so is a script that runs `ip` now and then: it holds none. Empty where /proc says nothing.
 */
export const listSuspects = (): string[] => {
  const pids = new Set(
    read('/proc/net/netlink')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, family, pid]) => Number(family) === ROUTE_FAMILY && Number(pid) > 0)
      .map(([, , pid]) => Number(pid)),
  );
  return [...pids]
    .filter((pid) => pid !== process.pid)
    .sort((a, b) => a - b)
    .flatMap(describe)
    .slice(0, MOST);
};

const describe = (pid: number): string[] => {
  const name = stripControl(read(`/proc/${pid}/comm`).trim(), NAME);
  // `PID (NAME) STATE PARENT …`: a name may hold anything, brackets too (proc(5)).
  const parent = Number(read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[1]);
  return name === '' || parent === process.pid ? [] : [`${name} (${pid})`];
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
