import { access, chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadPackages, type Package } from './apt.ts';
import { CACHE_ROOT, runHost } from './host.ts';

const DEVICES = [
  'bonding',
  'dummy',
  'ifb',
  'ipvlan',
  'macvlan',
  'ppp',
  'slip',
  'tap',
  'team',
  'tun',
  'veth',
  'vrf',
  'vxlan',
  'wireguard',
];
/** Of 400 MB of modules, the folders and modules that a router in a VM can need; what they depend on is among them. */
export const KEPT_MODULES: readonly string[] = [
  ...[
    'arch',
    'crypto',
    'lib',
    'net',
    'fs/9p',
    'fs/fscache',
    'fs/netfs',
    'fs/overlayfs',
    'drivers/char/hw_random',
    'drivers/virtio',
  ],
  ...['drivers/char/virtio_console', ...DEVICES.map((name) => `drivers/net/${name}`)],
];

/** Puts the content of some `.deb` files into an empty folder. */
export type Unpack = (debs: readonly string[], tree: string) => Promise<void>;

/**
 * Makes CACHE_ROOT/layer from packages unless it is there. Built beside it and renamed, so an interrupted run
 * leaves nothing that looks finished; layers of the same kind with another key are removed.
 */
export const ensureLayer = async (
  layer: string,
  packages: readonly Package[],
  unpack: Unpack,
  log: (line: string) => void,
): Promise<void> => {
  const target = join(CACHE_ROOT, layer);
  if (await exists(target)) return;
  const megabytes = ({ size }: Package): string => `${(size / 1e6).toFixed(1)} MB`;
  log(
    `lab: fetching ${packages.map((entry) => `${entry.name} ${megabytes(entry)}`).join(', ')} into ${CACHE_ROOT} (unpacked, not installed)`,
  );
  await mkdir(CACHE_ROOT, { recursive: true });
  const work = await mkdtemp(join(CACHE_ROOT, 'building-'));
  try {
    const tree = join(work, 'tree');
    await mkdir(tree, { mode: 0o755 });
    await downloadPackages(packages, work);
    const debs = (await readdir(work))
      .filter((file) => file.endsWith('.deb'))
      .map((file) => join(work, file));
    await unpack(debs, tree);
    await chmod(tree, 0o755);
    await moveIntoUsr(tree);
    await rename(tree, target).catch(async (error: unknown) => {
      // Another run was faster: its result is as good as ours.
      if (!(await exists(target))) throw error;
    });
    await removeOlder(layer);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/** The packages as they are: conffiles included, maintainer scripts not run. */
export const unpackGuest: Unpack = async (debs, tree) => {
  for (const deb of debs) await runHost('dpkg', ['-x', deb, tree]);
};

const EXTRACT =
  'deb=$1 tree=$2; shift 2; dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tree" --wildcards --wildcards-match-slash "$@"';

/** The kernel image and KEPT_MODULES, with a module index made anew. */
export const unpackKernel: Unpack = async (debs, tree) => {
  for (const deb of debs) {
    const has = await runHost('dpkg', ['-c', deb]);
    // A kept name is a folder in one kernel and a single module in another; tar fails on a pattern that matches nothing.
    const modules = KEPT_MODULES.flatMap((path) => [`/kernel/${path}/`, `/kernel/${path}.ko`]).filter(
      (part) => has.includes(part),
    );
    const patterns = ['./boot/vmlinuz-*', '*/modules.*', ...modules.map((part) => `*${part}*`)];
    await runHost('bash', ['-o', 'pipefail', '-c', EXTRACT, 'extract', deb, tree, ...patterns]);
  }
  await moveIntoUsr(tree);
  for (const release of await readdir(join(tree, 'usr/lib/modules')))
    await runHost('depmod', ['-b', join(tree, 'usr'), release]);
};

// Where the host's /lib is a link to usr/lib, a package's ./lib would hide that link and with it every library.
const moveIntoUsr = async (tree: string): Promise<void> => {
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
    const from = join(tree, folder);
    if (!(await exists(from))) continue;
    const to = join(tree, 'usr', folder);
    await mkdir(to, { recursive: true });
    await runHost('cp', ['-a', `${from}/.`, to]);
    await rm(from, { recursive: true });
  }
};

const removeOlder = async (layer: string): Promise<void> => {
  const prefix = layer.slice(0, layer.indexOf('-') + 1);
  const older = (await readdir(CACHE_ROOT)).filter((name) => name.startsWith(prefix) && name !== layer);
  await Promise.all(older.map((name) => rm(join(CACHE_ROOT, name), { recursive: true, force: true })));
};

/** Whether a path exists. */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
