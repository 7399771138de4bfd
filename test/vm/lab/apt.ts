import { LabError, runHost } from './host.ts';

/** One Debian package in the version apt would install now; `size` is that of the download, in bytes. */
export type Package = { readonly name: string; readonly version: string; readonly size: number };

/**
 * The named packages plus whatever they need that this host lacks.
 * The named ones are listed even when the host has them (`--reinstall`): the guest then has Debian's
 * own conffiles, whatever the host's administrator did to his.
 */
export const resolveGuestPackages = async (names: readonly string[]): Promise<readonly Package[]> => {
  const text = await runHost('apt-get', [
    'install',
    '--simulate',
    '--reinstall',
    '--no-install-recommends',
    ...names,
  ]);
  // Inst ppp [installed version] (2.4.9-1+1.1+b1 Debian:12.15/oldstable [amd64])
  const found = [...text.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)];
  const missing = names.filter((name) => !found.some((match) => match[1] === name));
  if (missing.length > 0)
    throw new LabError(`apt-get offers no ${missing.join(', ')}: run apt-get update, or is this not Debian?`);
  return show(found.map(([, name, version]) => `${name}=${version}`));
};

/** The kernel image package that a meta-package depends on (with the plain flavour's name: the cloud flavour has no PPP). */
export const resolveKernelPackage = async (metaPackage: string): Promise<Package> => {
  const text = await runHost('apt-cache', ['depends', metaPackage]);
  const name = /^\s*Depends: (linux-image-\d\S*)$/m.exec(text)?.[1];
  if (name === undefined)
    throw new LabError(`${metaPackage} names no kernel image: run apt-get update, or is this not Debian?`);
  return (await show([name]))[0] as Package;
};

/** Downloads into `folder`, which the caller made. The `.deb` files keep apt's names. */
export const downloadPackages = async (packages: readonly Package[], folder: string): Promise<void> => {
  // Without this apt complains that its own user cannot write to the folder.
  const asRoot = ['-o', 'APT::Sandbox::User=root'];
  await runHost(
    'apt-get',
    [...asRoot, 'download', ...packages.map(({ name, version }) => `${name}=${version}`)],
    { cwd: folder },
  );
};

// One process for all of them: apt needs half a second to open its cache.
const show = async (names: readonly string[]): Promise<readonly Package[]> => {
  const text = await runHost('apt-cache', ['show', '--no-all-versions', ...names]);
  return text
    .trim()
    .split(/\n\n+/)
    .map((stanza) => {
      const field = (key: string): string => new RegExp(`^${key}: (.+)$`, 'm').exec(stanza)?.[1] ?? '';
      return { name: field('Package'), version: field('Version'), size: Number(field('Size')) };
    });
};
