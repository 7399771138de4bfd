import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Exit, openChannel } from './channel.ts';
import { CACHE_ROOT, LabError } from './host.ts';
import { buildInitramfs } from './initramfs.ts';
import { type LabFiles, prepareLabFiles } from './packages.ts';
import { startMachine } from './qemu.ts';

/** A shell line (for /bin/sh -c), or a program with its arguments. */
export type Command = string | readonly string[];

/** `env` is added to PATH, HOME and LC_ALL=C, the guest's whole environment. `timeoutMs` counts in the guest. */
export type ExecOptions = {
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
};

/** A command that runs in the background. It has a process group of its own. */
export type Background = {
  readonly pid: number;
  /** Signals its whole process group; nothing happens when it has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** How it ended, when it has. */
  wait(): Promise<Exit>;
};

/** A booted guest: the host's files under a Debian kernel, written to in memory only. All methods may run concurrently. */
export type Lab = {
  /** Runs a command to its end, whatever its status. Rejects with LabError only when it exceeds `timeoutMs` (default 30 s) or the guest is gone. */
  exec(command: Command, options?: ExecOptions): Promise<Exit>;
  /** As exec, but a status other than 0 rejects too. Resolves with stdout. */
  run(command: Command, options?: ExecOptions): Promise<string>;
  /** Starts a command without waiting for it; without `timeoutMs` it runs until killed or until the guest stops. */
  background(command: Command, options?: ExecOptions): Promise<Background>;
  readFile(path: string): Promise<string>;
  /** Creates the file's folder too. `mode` is set whatever the umask. */
  writeFile(path: string, text: string, mode?: number): Promise<void>;
  /** The last lines of the guest's console. */
  console(): string;
  /** Ends the guest at once. Always call it; should this process die first, the guest goes with it. */
  stop(): Promise<void>;
};

const BOOT_TIMEOUT_MS = 90_000;
const EXEC_TIMEOUT_MS = 30_000;
// A guest that somebody forgot to stop would keep this process alive, too.
const LIFETIME_MS = 600_000;

/**
 * `log` hears what is about to be fetched. `signal` ends the guest, and with it everything that waits for it.
 * `systemd`: it is the guest's first process, with the journal and no other unit.
 */
export type BootOptions = {
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly systemd?: boolean;
};

/** Boots a guest: about 6 s, plus the download the first time. Throws LabError with the console's last lines. */
export const bootLab = async ({ log, signal, systemd = false }: BootOptions = {}): Promise<Lab> => {
  const files = await prepareLabFiles(log);
  signal?.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'mlb-lab-'));
  try {
    const initramfs = await buildInitramfs(files, folder);
    signal?.throwIfAborted();
    const machine = startMachine(files.image, initramfs, systemd ? ['lab=systemd'] : []);
    signal?.addEventListener('abort', machine.kill);
    const channel = openChannel(machine.port);
    const withConsole = (text: string): string =>
      `${text}\n--- the guest's console ---\n${machine.console()}`;
    const lose = (reason: string): void => channel.lose(withConsole(reason));
    void machine.ended.then(lose);
    const life = setTimeout(machine.kill, LIFETIME_MS);
    void machine.ended.then(() => clearTimeout(life));
    const timer = setTimeout(
      () => lose(`the guest was not ready after ${BOOT_TIMEOUT_MS} ms`),
      BOOT_TIMEOUT_MS,
    );
    await channel.ready
      .catch((error: unknown) => {
        machine.kill();
        throw error;
      })
      .finally(() => clearTimeout(timer));
    const lab = labOver(channel, machine, withConsole);
    if (process.getuid?.() !== 0) await giveToRoot(lab, files);
    return lab;
  } finally {
    // QEMU has read both files before the guest can say that it is ready.
    await rm(folder, { recursive: true, force: true });
  }
};

// Unpacked by an ordinary user, the layers' files are his, in the guest too; pppd and install want them to be root's.
const giveToRoot = (lab: Lab, { layers }: LabFiles): Promise<string> =>
  lab.run(
    `cd ${join(CACHE_ROOT, layers[0])} && find . -print0 | (cd / && xargs -0 chown -h root:root) && chmod 4755 /usr/sbin/pppd`,
  );

const labOver = (
  channel: ReturnType<typeof openChannel>,
  machine: ReturnType<typeof startMachine>,
  withConsole: (text: string) => string,
): Lab => {
  const exec = async (command: Command, options: ExecOptions = {}): Promise<Exit> => {
    const exit = await channel.start({ op: 'start', command, timeoutMs: EXEC_TIMEOUT_MS, ...options }).exit;
    if (exit.timedOut)
      throw new LabError(
        withConsole(describe(command, `no end after ${options.timeoutMs ?? EXEC_TIMEOUT_MS} ms`, exit)),
      );
    return exit;
  };
  return {
    exec,
    run: async (command, options) => {
      const exit = await exec(command, options);
      if (exit.code !== 0)
        throw new LabError(withConsole(describe(command, `exit ${exit.code ?? exit.signal}`, exit)));
      return exit.stdout;
    },
    background: async (command, options) => {
      const { pid: started, exit } = channel.start({ op: 'start', command, ...options });
      // Whoever never waits for it must not be hit by a guest that stops.
      exit.catch(() => {});
      const pid = await started;
      if (pid === 0) throw new LabError(describe(command, 'could not be started', await exit));
      const kill = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> =>
        void (await channel.request({ op: 'signal', pid, signal }));
      return { pid, kill, wait: () => exit };
    },
    readFile: async (path) => String(await channel.request({ op: 'read', path })),
    writeFile: async (path, text, mode) => void (await channel.request({ op: 'write', path, text, mode })),
    console: machine.console,
    stop: async () => {
      machine.kill();
      await machine.ended;
    },
  };
};

const describe = (command: Command, what: string, { stdout, stderr }: Exit): string =>
  `in the guest: ${typeof command === 'string' ? command : command.join(' ')}\n${what}\n${stderr}${stdout}`.trimEnd();
