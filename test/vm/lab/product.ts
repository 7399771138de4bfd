import { fileURLToPath } from 'node:url';
import type { Lab } from './boot.ts';
import { waitUntil } from './uplinks.ts';

/** The built program, which the guest sees at this path too. */
const PROGRAM = fileURLToPath(new URL('../../../dist/mlb-hooks.cjs', import.meta.url));
const CONFIG_FILE = '/etc/mlb-hooks/config.toml';
const LOG_FILE = '/var/log/mlb-hooks.log';
/** Where the guest gets a Node of root's, if the host's belongs to somebody else: hooks run no other. */
const GUEST_NODE = '/usr/local/bin/node';

/** Writes the configuration as root would: to be read by `install` and by the hooks. */
export const configure = (lab: Lab, config: string): Promise<void> =>
  lab.writeFile(CONFIG_FILE, config, 0o644);

/**
 * Installs the built program in the guest with its own command and returns what it printed.
 * Rejects with LabError when it refuses.
 */
export const installProduct = async (lab: Lab, args: readonly string[] = []): Promise<string> => {
  const node = await lab.run(
    `if [ "$(stat -c %u ${process.execPath})" = 0 ]; then echo ${process.execPath}; else cp ${process.execPath} ${GUEST_NODE} && chown root: ${GUEST_NODE} && echo ${GUEST_NODE}; fi`,
  );
  return lab.run([node.trim(), PROGRAM, 'install', ...args], { timeoutMs: 90_000 });
};

/** Runs the installed command; rejects when it fails. */
export const mlb = (lab: Lab, ...args: readonly string[]): Promise<string> => lab.run(['mlb-hooks', ...args]);

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

/** What the hooks and commands have logged so far. */
export const readLog = async (lab: Lab): Promise<readonly LogLine[]> =>
  (await lab.exec(['cat', LOG_FILE])).stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);

/** The default routes of one of our tables, as `ip route` prints them, without what a test does not ask for. */
export const defaultsOf = async (lab: Lab, table: number): Promise<readonly string[]> =>
  (await lab.exec(`ip -N route show table ${table} default`)).stdout
    .replace(/\n\s+/g, ' ')
    .split('\n')
    .map((line) =>
      line
        .replace(/ (proto \d+|scope \d+|src \S+)/g, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '');

/** What `mlb-hooks plan` prints, with status 0, when the kernel has what it should have. */
export const NOTHING = 'nothing to do\n';

/** Waits until a hook has logged that it ran for each of these addresses: it logs when it has changed the kernel. */
export const hooksRan = async (lab: Lab, hook: string, ...addresses: readonly string[]): Promise<void> => {
  const logged = addresses.map(
    (address) => `grep '"hook":"${hook}"' ${LOG_FILE} | grep -q '"address":"${address}"'`,
  );
  await waitUntil(lab, logged.join(' && '), 30_000);
};

/** `ip -N rule` below the system's own, each as `PRIORITY: SELECTORS lookup TABLE`. */
export const rulesOf = async (lab: Lab): Promise<readonly string[]> =>
  (await lab.run('ip -N rule'))
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').replace(' proto 77', '').trim())
    .filter((line) => /^(19|20)\d\d\d:/.test(line));

/** The qdiscs of a device, `PARENT KIND HANDLE`, sorted. */
export const qdiscsOf = async (lab: Lab, device: string): Promise<readonly string[]> =>
  (JSON.parse(await lab.run(`tc -j qdisc show dev ${device}`)) as QdiscJson[])
    .map(({ parent = 'root', kind, handle }) => `${parent} ${kind} ${handle}`)
    .sort();

type QdiscJson = { readonly parent?: string; readonly kind: string; readonly handle: string };

/** What `qdisc = "prio-sfq"` puts on a device. */
export const PRIO_SFQ = ['77:1 sfq 771:', '77:2 sfq 772:', '77:3 sfq 773:', 'root prio 77:'];
