import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CACHE_ROOT, GUEST_DIR, runHost } from './host.ts';
import type { LabFiles } from './packages.ts';

/** 9p mount tags: the host's root, and the cache folder, which must be a mount of its own to be a layer over that root. */
export const TAGS = { root: 'root', cache: 'cache' } as const;

// Without them neither the root nor the agent's port can be reached; everything else is loaded from the root later.
const EARLY_MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'virtio_console'];

/**
 * Builds in `folder` the initramfs that makes the guest's root and starts guest/init.sh. Returns the archive's path.
 * Not compressed: unpacking would cost the emulated processor more than reading.
 */
export const buildInitramfs = async (files: LabFiles, folder: string): Promise<string> => {
  const tree = join(folder, 'initramfs');
  for (const name of ['bin', 'modules', 'proc', 'sys', 'dev', 'host', 'cache', 'rw', 'root'])
    await mkdir(join(tree, name), { recursive: true });
  await cp('/bin/busybox', join(tree, 'bin/busybox'), { dereference: true });
  const modules = await modulePaths(files);
  for (const path of modules) await copyFile(path, join(tree, 'modules', basename(path)));
  await writeFile(
    join(tree, 'init'),
    initScript(
      files,
      modules.map((path) => basename(path)),
    ),
    { mode: 0o755 },
  );
  const archive = join(folder, 'initramfs.cpio');
  await runHost('sh', ['-c', `cd "$1" && find . | cpio --quiet -o -H newc > "$2"`, 'sh', tree, archive]);
  return archive;
};

// In the order in which they can be inserted.
const modulePaths = async ({ release, layers }: LabFiles): Promise<readonly string[]> => {
  const from = ['-d', join(CACHE_ROOT, layers[1], 'usr'), '-S', release];
  const text = await runHost('modprobe', [...from, '--show-depends', '-a', ...EARLY_MODULES]);
  return [...new Set([...text.matchAll(/^insmod (\S+)/gm)].map((match) => `${match[1]}`))];
};

// cache=loose: the host's files do not change under a guest that lives for a minute, and without it all is five times slower.
const initScript = ({ layers }: LabFiles, modules: readonly string[]): string => `#!/bin/busybox sh
bb=/bin/busybox
share() { $bb mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose "$1" "$2"; }
for module in ${modules.join(' ')}; do $bb insmod /modules/$module; done
share ${TAGS.root} /host
share ${TAGS.cache} /cache
$bb mount -t tmpfs -o mode=755 tmpfs /rw
$bb mkdir -m 755 /rw/upper /rw/work
$bb mount -t overlay -o lowerdir=${layers.map((layer) => `/cache/${layer}`).join(':')}:/host,upperdir=/rw/upper,workdir=/rw/work overlay /root
exec $bb switch_root /root ${['/bin/sh', join(GUEST_DIR, 'init.sh'), process.execPath, join(GUEST_DIR, 'agent.mjs')].map(quote).join(' ')}
`;

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
