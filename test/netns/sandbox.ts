import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** What a command in the sandbox did. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A network and mount namespace of its own: /etc, /run, /var/log and /var/lib are private, nothing of the host is touched. */
export interface Sandbox {
  /** Runs a shell script; `status` is its exit status. */
  readonly try: (script: string, options?: { readonly input?: string; readonly timeout?: number }) => Ran;
  /** The same, but throws with everything it printed unless the status is 0; returns stdout. */
  readonly sh: (script: string, input?: string) => string;
  /** Starts a shell script in the background; ended by `stop` if it has not ended before. */
  readonly start: (script: string) => ChildProcess;
  /** Ends everything that was started in the sandbox. */
  readonly stop: () => void;
}

/** The built program; tests run what is installed, not the sources. */
export const DIST = join(import.meta.dirname, '../../dist');

const PATH = '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin';
const ENVIRONMENT = { PATH, LC_ALL: 'C', HOME: '/' };

const PRIVATE_MOUNTS = [
  'mount --make-rprivate /',
  'mount -t tmpfs tmpfs /run && mkdir -p /run/netns /run/upper /run/work',
  // An overlay, so that a test may write below /etc and still finds what is there.
  'mount -t overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work overlay /etc',
  'mount -t tmpfs tmpfs /var/log',
  'mount -t tmpfs tmpfs /var/lib',
  'mount -t sysfs sysfs /sys',
  'ip link set lo up',
  'echo ready',
  'exec sleep 3600',
].join(' && ');

/** Makes a sandbox. Needs root; throws with the reason if the kernel refuses. */
export const makeSandbox = async (): Promise<Sandbox> => {
  const holder = spawn('unshare', ['--net', '--mount', '--uts', 'sh', '-c', PRIVATE_MOUNTS], {
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await ready(holder);
  const enter = ['--target', String(holder.pid), '--net', '--mount', '--uts', 'sh', '-c'];
  const background: ChildProcess[] = [];
  const attempt: Sandbox['try'] = (script, { input, timeout = 60_000 } = {}) => {
    const options = { encoding: 'utf8', env: ENVIRONMENT, timeout, maxBuffer: 1 << 28 } as const;
    const { status, stdout, stderr } = spawnSync(
      'nsenter',
      [...enter, script],
      input === undefined ? options : { ...options, input },
    );
    return { status, stdout, stderr };
  };
  return {
    try: attempt,
    sh: (script, input) => {
      const { status, stdout, stderr } = attempt(script, input === undefined ? {} : { input });
      if (status !== 0) throw new Error(`status ${status}: ${script}\n${stdout}\n${stderr}`);
      return stdout;
    },
    start: (script) => {
      const child = spawn('nsenter', [...enter, script], {
        env: ENVIRONMENT,
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      background.push(child);
      return child;
    },
    stop: () => {
      for (const child of background) endGroup(child);
      holder.kill('SIGKILL');
    },
  };
};

const ready = (holder: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let errors = '';
    holder.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    holder.stdout?.once('data', () => resolve());
    holder.once('exit', (code) => reject(new Error(`no sandbox: status ${code}: ${errors}`)));
  });

/** A script's own children are in its process group. */
const endGroup = (child: ChildProcess): void => {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
};
