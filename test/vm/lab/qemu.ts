import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { CACHE_ROOT } from './host.ts';
import { TAGS } from './initramfs.ts';

/** A running QEMU. `port` is the host's end of the agent's line. */
export type Machine = {
  readonly port: Duplex;
  /** The console's last lines, for messages. */
  console(): string;
  /** Resolves when QEMU has ended, with how. */
  readonly ended: Promise<string>;
  kill(): void;
};

// What follows panic= is for speed: nothing in here needs protection, and calibrating an emulated clock takes time.
const KERNEL_LINE =
  'console=ttyS0 quiet panic=-1 mitigations=off nokaslr no_timer_check tsc=reliable cryptomgr.notests random.trust_cpu=on';

const CONSOLE_LINES = 100;

/**
 * Starts QEMU with a kernel and an initramfs; everything else the guest reads from the host's files, which it cannot change.
 * KVM only when MLB_LAB_KVM=1: a test machine may have a /dev/kvm under which a guest hangs.
 * It dies with this process, however that ends: `setpriv --pdeathsig` asks the kernel for it.
 * `words` are for guest/init.sh, at the end of the kernel's command line.
 */
export const startMachine = (image: string, initramfs: string, words: readonly string[] = []): Machine => {
  const accelerator =
    process.env.MLB_LAB_KVM === '1'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
  const share = (id: string, path: string): readonly string[] => [
    ...['-fsdev', `local,id=${id},path=${path},security_model=none,readonly=on,multidevs=remap`],
    ...['-device', `virtio-9p-pci,fsdev=${id},mount_tag=${id}`],
  ];
  const args = [
    ...[
      '--pdeathsig',
      'KILL',
      'qemu-system-x86_64',
      ...accelerator,
      '-smp',
      '2',
      '-m',
      '1500',
      '-display',
      'none',
      '-no-reboot',
    ],
    ...['-monitor', 'none', '-nic', 'none', '-serial', 'stdio', '-kernel', image, '-initrd', initramfs],
    ...['-append', [KERNEL_LINE, ...words].join(' ')],
    ...share(TAGS.root, '/'),
    ...share(TAGS.cache, CACHE_ROOT),
    ...[
      '-chardev',
      'socket,id=agent,fd=3',
      '-device',
      'virtio-serial-pci',
      '-device',
      'virtserialport,chardev=agent,name=agent',
    ],
  ];
  const child = spawn('setpriv', args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const lines = collectLines(child);
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`cannot start QEMU: ${error.message}`));
    child.on('exit', (code, signal) => resolve(`QEMU ended (${signal ?? `exit ${code}`})`));
  });
  return {
    port: child.stdio[3] as Duplex,
    console: () => lines.join('\n'),
    ended,
    kill: () => void child.kill('SIGKILL'),
  };
};

const collectLines = (child: ChildProcess): readonly string[] => {
  const lines: string[] = [];
  let rest = '';
  const collect = (chunk: string): void => {
    const parts = `${rest}${chunk}`.split(/\r*\n/);
    rest = parts.pop() ?? '';
    lines.push(...parts);
    lines.splice(0, lines.length - CONSOLE_LINES);
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', collect);
  return lines;
};
