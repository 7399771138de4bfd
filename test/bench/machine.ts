import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install } from '../../src/install/install.ts';
import { makeRouter, type Router } from '../netns/router.ts';
import { DIST } from '../netns/sandbox.ts';

/** Two uplinks as people have them, ppp-like, with one peer address. */
const TWO_UPLINKS = `
[[uplink]]
id = 1
name = "dsl1"
device = "w0"

[[uplink]]
id = 2
name = "dsl2"
device = "w1"
weight = 2
`;

/** The Node binary that the installed hooks run. */
export const NODE = realpathSync(process.execPath);

/** A router with the program installed in its place, as `mlb-hooks install` leaves it: stubs, code caches and all. */
export interface Machine extends Router {
  /** Ends the sandbox and removes its files. */
  readonly end: () => void;
}

/** Makes one with this many routes in main, beside those of the links, with the uplinks w0 and w1 unless told otherwise. */
export const makeMachine = async (
  routes: number,
  { toml = TWO_UPLINKS, script = 'ip link del w2' } = {},
): Promise<Machine> => {
  const root = mkdtempSync(join(tmpdir(), 'mlb-hooks-bench-'));
  for (const folder of ['etc/ppp', 'etc/network', 'usr/local/lib', 'usr/local/sbin', 'run', 'var/log'])
    mkdirSync(join(root, folder), { recursive: true });
  install({ root, from: DIST, chain: false, node: NODE, log: () => undefined });
  const router = await makeRouter(toml);
  router.sh(`
    mount --bind ${root}/usr/local/lib /usr/local/lib
    mount --bind ${root}/usr/local/sbin /usr/local/sbin
    cp -a ${root}/etc/. /etc/
    echo '' >/run/empty.cjs
    ${script}`);
  router.sh('ip -batch -', routeLines(routes));
  return {
    ...router,
    end: () => {
      router.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
};

const routeLines = (count: number): string =>
  Array.from(
    { length: count },
    (_, n) => `route add 172.${16 + (n >> 12)}.${(n >> 4) & 255}.${(n & 15) * 16}/28 via 192.168.7.10\n`,
  ).join('');
