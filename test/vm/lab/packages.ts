import { createHash } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveGuestPackages, resolveKernelPackage } from './apt.ts';
import { CACHE_ROOT } from './host.ts';
import { ensureLayer, exists, KEPT_MODULES, unpackGuest, unpackKernel } from './layers.ts';

/** What the guest boots from. Layers are folders of CACHE_ROOT that lie over the host's root, topmost first. */
export type LabFiles = {
  readonly image: string;
  readonly release: string;
  readonly layers: readonly [string, string];
};

type Lists = { readonly host: readonly string[]; readonly guest: readonly string[]; readonly kernel: string };

const LISTS = JSON.parse(await readFile(new URL('packages.json', import.meta.url), 'utf8')) as Lists;

/** Debian packages that the host must have installed to run the lab. The list is JSON because plain scripts read it too. */
export const HOST_PACKAGES: readonly string[] = LISTS.host;

/**
 * Why the lab cannot run on this host, in one line fit for a skipped test; false when nothing speaks against it.
 * Looks for tools only: that packages cannot be fetched, say, is a failure and not a reason to skip.
 */
export const whyNoLab = async (): Promise<string | false> => {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `the VM lab needs Linux on x64, not ${process.platform} on ${process.arch}`;
  const tools = {
    '/usr/bin/qemu-system-x86_64': 'qemu-system-x86',
    '/bin/busybox': 'busybox-static',
    '/usr/bin/cpio': 'cpio',
    '/sbin/modprobe': 'kmod',
    '/usr/bin/apt-get': 'apt',
  };
  for (const [path, name] of Object.entries(tools))
    if (!(await exists(path))) return `the VM lab needs ${path} (apt-get install ${name})`;
  return false;
};

/**
 * Fetches and unpacks the guest's kernel and packages into the cache, or finds them there; nothing is installed.
 * Prints one line before it downloads. Throws LabError when apt or dpkg fails, and leaves nothing half made.
 */
export const prepareLabFiles = async (log: (line: string) => void = console.error): Promise<LabFiles> => {
  const stamp = await aptStamp();
  const known = (await readFile(RESOLVED, 'utf8')
    .then(JSON.parse)
    .catch(() => ({}))) as { stamp?: string; files?: LabFiles };
  if (known.files !== undefined && known.stamp === stamp && (await allExist(known.files))) return known.files;

  const [kernel, guest] = await Promise.all([
    resolveKernelPackage(LISTS.kernel),
    resolveGuestPackages(LISTS.guest),
  ]);
  const kernelLayer = `kernel-${keyOf([kernel, KEPT_MODULES])}`;
  const guestLayer = `guest-${keyOf(guest)}`;
  await ensureLayer(kernelLayer, [kernel], unpackKernel, log);
  await ensureLayer(guestLayer, guest, unpackGuest, log);
  const release = kernel.name.replace('linux-image-', '');
  const image = join(CACHE_ROOT, kernelLayer, 'boot', `vmlinuz-${release}`);
  const files: LabFiles = { image, release, layers: [guestLayer, kernelLayer] };
  await writeFile(`${RESOLVED}.${process.pid}`, JSON.stringify({ stamp, files }));
  await rename(`${RESOLVED}.${process.pid}`, RESOLVED);
  return files;
};

// Asking apt takes two seconds, so its answer is kept for as long as its lists and the installed packages are the same.
const RESOLVED = join(CACHE_ROOT, 'resolved.json');

const aptStamp = async (): Promise<string> => {
  const changed = ['/var/lib/apt/lists', '/var/lib/dpkg/status'].map(
    async (path) => (await stat(path)).mtimeMs,
  );
  return keyOf([LISTS, KEPT_MODULES, await Promise.all(changed)]);
};

const allExist = async ({ image, layers }: LabFiles): Promise<boolean> =>
  (await Promise.all([image, ...layers.map((layer) => join(CACHE_ROOT, layer))].map(exists))).every(Boolean);

// A hash and not the versions themselves: they contain what overlay's lowerdir= treats as syntax.
const keyOf = (what: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16);
